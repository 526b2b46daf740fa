using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas version</c>: the CLI's version, and the platform's when one runs.</summary>
internal static class VersionVerb
{
    private static readonly TimeSpan PlatformTimeout = TimeSpan.FromSeconds(2);

    private static string Version =>
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static Command Create()
    {
        var verb = new Verb("version", "Show the version of the CLI, and of the platform when one runs", "faas version", "faas version --output json");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var platform = await AskPlatformAsync(context, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(new VersionReport(Version, RuntimeInformation.FrameworkDescription, platform));
            return ExitCode.Ok;
        }

        Terminal.Line($"faas {Version} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
        Terminal.Line(platform is null ? "platform: not running, or not reachable with this key" : $"platform {platform}");
        return ExitCode.Ok;
    }

    private static async Task<string?> AskPlatformAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(PlatformTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var client = context.Connect();
        try
        {
            return (await client.GetPlatformAsync(either.Token)).Version;
        }
        catch (Exception e) when (e is FaasApiException or FaasUnreachableException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
