using System.CommandLine;

namespace Faas.Cli.CommandLine;

/// <summary>The options that every verb has. An option beats its environment variable, which beats the default.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Data = Recursive("--data", "DIR", "Data folder of the platform [FAAS_DATA; default: ~/.faas]");

    public static readonly Option<string?> Admin = Recursive(
        "--admin", "URL", "Management API; for `up`, where it listens [FAAS_ADMIN; default: what the data folder says, else http://127.0.0.1:8081]");

    public static readonly Option<string?> Key = Recursive("--key", "KEY", "Key of the management API [FAAS_KEY; default: admin.key in the data folder]");

    public static readonly Option<string> Output = CreateOutput();

    public static IReadOnlyList<Option> All { get; } = [Data, Admin, Key, Output];

    public static bool WantsJson(ParseResult parsed) => parsed.GetValue(Output) == "json";

    /// <summary>The value given on the command line, else the environment's, else null. An empty variable counts as unset.</summary>
    public static string? ValueOf(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) is { Length: > 0 } value ? value
        : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } fromEnvironment ? fromEnvironment
        : null;

    private static Option<string?> Recursive(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description, Recursive = true };

    private static Option<string> CreateOutput()
    {
        var option = new Option<string>("--output", "-o")
        {
            HelpName = "table|json",
            Description = "How results (and errors) are printed",
            Recursive = true,
            DefaultValueFactory = _ => "table",
        };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }
}
