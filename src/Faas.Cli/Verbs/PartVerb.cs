using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Supervision;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas controller</c> and <c>faas gateway</c>: one part alone, in the foreground, in place of this process.</summary>
internal static class PartVerb
{
    public static Command CreateController()
    {
        var verb = Create(
            "controller", "Run the controller alone, for service managers (all further options go to it)",
            "faas controller --data /var/lib/faas --admin http://127.0.0.1:8081 --public http://127.0.0.1:8080");
        verb.Does((context, _) => Run(context, "controller", PrepareController(context)));
        return verb;
    }

    public static Command CreateGateway()
    {
        var verb = Create(
            "gateway", "Run the gateway alone, for service managers (all further options go to it)",
            "faas gateway --data /var/lib/faas --listen http://0.0.0.0:8080");
        verb.Does((context, _) =>
        {
            foreach (var (name, value) in GatewayRuntime.Settings.Where(setting => Environment.GetEnvironmentVariable(setting.Key) is null))
            {
                Native.SetEnvironment(name, value);
            }

            return Run(context, "gateway", GatewayArguments(context));
        });
        return verb;
    }

    private static Verb Create(string name, string description, string example) =>
        new(name, description, example) { TreatUnmatchedTokensAsErrors = false };

    private static Task<ExitCode> Run(VerbContext context, string part, IReadOnlyList<string> arguments)
    {
        FolderSetup.CreateRoot(context.Data);
        var (program, first) = PlatformParts.Find(part);
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is null)
        {
            Native.SetEnvironment("DOTNET_ROOT", PlatformParts.DotNetRoot);
        }

        Native.Exec(program, [.. first, .. arguments]);
        throw new CliException(ExitCode.Error, $"Cannot start {program}.");
    }

    private static IReadOnlyList<string> PrepareController(VerbContext context)
    {
        FolderSetup.CreateRoot(context.Data);
        FolderSetup.EnsureKey(context.Data);
        var admin = GlobalOptions.ValueOf(context.Parsed, GlobalOptions.Admin, "FAAS_ADMIN") ?? PlatformAddress.DefaultAdminUrl;
        var given = context.Parsed.UnmatchedTokens;
        var publicUrl = ValueOf(given, "--public") ?? PlatformAddress.DefaultListenUrl;

        // Same pid before and after exec, so the file names the controller itself.
        FolderSetup.WriteEndpoints(context.Data, new PlatformEndpoints(Environment.ProcessId, publicUrl, admin));
        return
        [
            "--data", context.Data.Root, "--admin", admin, .. given,
            .. Missing(given, "--public", publicUrl), .. Missing(given, "--sandbox", "auto"), .. Missing(given, "--runtimes", PlatformParts.Runtimes),
        ];
    }

    private static IReadOnlyList<string> GatewayArguments(VerbContext context)
    {
        var given = context.Parsed.UnmatchedTokens;
        return ["--data", context.Data.Root, .. given, .. Missing(given, "--listen", PlatformAddress.DefaultListenUrl)];
    }

    private static string? ValueOf(IReadOnlyList<string> tokens, string option) =>
        tokens.Index().FirstOrDefault(token => token.Item == option) is { Item: not null } found && found.Index + 1 < tokens.Count ? tokens[found.Index + 1] : null;

    private static string[] Missing(IReadOnlyList<string> tokens, string option, string value) => tokens.Contains(option) ? [] : [option, value];
}
