using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Faas.Cli.Verbs;

namespace Faas.Cli.CommandLine;

/// <summary>All verbs, in the order in which <c>faas --help</c> lists them.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Faas: a serverless function platform of your own.")
        {
            UpVerb.Create(),
            InitVerb.Create(),
            DeployVerb.Create(),
            InvokeVerb.Create(),
            PublishVerb.Create(),
            ListVerb.Create(),
            TopVerb.Create(),
            DescribeVerb.Create(),
            LogsVerb.Create(),
            InvocationsVerb.Create(),
            CostVerb.Create(),
            BudgetVerb.Create(),
            QueueVerb.Create(),
            DlqVerb.Create(),
            TriggerVerb.Create(),
            SecretVerb.Create(),
            DeleteVerb.Create(),
            PartVerb.CreateController(),
            PartVerb.CreateGateway(),
            CompletionVerb.Create(),
            VersionVerb.Create(),
        };
        foreach (var option in GlobalOptions.All)
        {
            root.Add(option);
        }

        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new ExamplesHelp((HelpAction)help.Action!);
        }

        return root;
    }

    /// <summary>The command as it is typed, without options and arguments: <c>faas invocations show</c>.</summary>
    public static string PathOf(CommandResult result)
    {
        var words = new List<string>();
        for (SymbolResult? symbol = result; symbol is not null; symbol = symbol.Parent)
        {
            if (symbol is CommandResult command)
            {
                words.Insert(0, command.Command is RootCommand ? "faas" : command.Command.Name);
            }
        }

        return string.Join(' ', words);
    }
}
