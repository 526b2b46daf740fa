using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;
using Faas.Cli.Output;
using Faas.Cli.Scaffolding;
using Faas.Contracts.Functions;

namespace Faas.Cli.Verbs;

/// <summary><c>faas init</c>: a new function's code and its entry in the manifest.</summary>
internal static class InitVerb
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The new function; its code goes into a folder of this name" };

    private static readonly Option<string> Runtime = CreateRuntime();

    public static Command Create()
    {
        var verb = new Verb("init", "Write a new function: code and an entry in faas.yaml", "faas init hello --runtime python", "faas init shop --runtime dotnet")
        {
            Name, Runtime,
        };
        verb.Does((context, _) => Task.FromResult(Run(context)));
        return verb;
    }

    private static ExitCode Run(VerbContext context)
    {
        var name = VerbContext.FunctionNameOf(context.Value(Name)!);
        var template = FunctionTemplate.Of(context.Value(Runtime)!);
        var manifest = ManifestFile.Find(".") ?? Path.GetFullPath(ManifestFile.FileName);
        var folder = Path.GetFullPath(name);
        var code = Path.Combine(folder, template.FileName);
        if (File.Exists(code) || File.Exists(folder))
        {
            throw new CliException(ExitCode.Error, $"{Path.GetRelativePath(".", File.Exists(code) ? code : folder)} exists already; nothing was written.");
        }

        // The manifest first: when it cannot take the function, nothing has been written yet.
        var existing = File.Exists(manifest) ? File.ReadAllText(manifest) : null;
        var text = ManifestWriter.Add(existing, name, template.Settings, Path.GetFileName(manifest));
        Directory.CreateDirectory(folder);
        File.WriteAllText(code, template.ReadCode());
        File.WriteAllText(manifest, text);

        Terminal.Line($"wrote {name}/{template.FileName}");
        Terminal.Line($"{(existing is null ? "wrote" : "added it to")} {Path.GetFileName(manifest)}");
        Terminal.Line();
        Terminal.Line("Next:");
        Terminal.Line("  faas up         start the platform and deploy, unless it runs already");
        Terminal.Line("  faas deploy");
        Terminal.Line(template.Runtime == Runtimes.Http
            ? $"  faas invoke {name} --path /"
            : $"  faas invoke {name} -d '{{\"name\": \"Ada\"}}'");
        return ExitCode.Ok;
    }

    private static Option<string> CreateRuntime()
    {
        var option = new Option<string>("--runtime", "-r") { HelpName = "R", Description = string.Join(", ", Runtimes.All), Required = true };
        option.AcceptOnlyFromAmong([.. Runtimes.All]);
        return option;
    }
}
