using System.CommandLine;
using System.CommandLine.Completions;
using Faas.Cli.CommandLine;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Verbs;

/// <summary>The NAME of verbs about one secret. Shells complete it with the secrets that exist.</summary>
internal static class SecretArgument
{
    /// <summary>A completion that takes longer than this is worse than none.</summary>
    private static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

    public static Argument<string> Create()
    {
        var argument = new Argument<string>("NAME") { Description = "The secret's name, as manifests write it: ${NAME}" };
        argument.CompletionSources.Add(Names);
        return argument;
    }

    /// <summary>Refuses what cannot be a secret's name. It is not repeated: who mistakes the order has typed the value.</summary>
    public static string NameOf(string name) => SecretText.IsName(name)
        ? name
        : throw new CliException(ExitCode.Usage, $"That is not a secret's name: letters, digits and underscores, no digit first, 1 to {SecretText.NameLengthMax} of them.");

    private static IEnumerable<CompletionItem> Names(CompletionContext context)
    {
        try
        {
            // Completion sources are synchronous, and nothing else runs in this process then.
            using var timeout = new CancellationTokenSource(CompletionTimeout);
            using var client = PlatformAddress.Connect(context.ParseResult, PlatformAddress.DataFolderOf(context.ParseResult));
            var secrets = Task.Run(() => client.Secrets.ListAsync(timeout.Token)).GetAwaiter().GetResult();
            return [.. secrets.Select(secret => new CompletionItem(secret.Name))];
        }
        catch (Exception e) when (e is FaasApiException or FaasUnreachableException or CliException or OperationCanceledException)
        {
            return [];
        }
    }
}
