using Faas.Contracts.Hosting;

namespace Faas.Controller.Hosting;

/// <summary>The command line of <c>faas-controller</c>.</summary>
internal sealed record ControllerArguments
{
    public const string Usage =
        "faas-controller --data DIR --admin URL --public URL --runtimes DIR [--sandbox auto|docker|process] [--stems N] [--supervised]";

    public required DataFolder Data { get; init; }

    public required Uri Admin { get; init; }

    public required Uri Public { get; init; }

    public required string Runtimes { get; init; }

    public string? Sandbox { get; init; }

    public int? Stems { get; init; }

    /// <summary>End of standard input means that the supervisor is gone, and Ctrl-C is the supervisor's to handle.</summary>
    public bool Supervised { get; init; }

    /// <summary>Parses <paramref name="args"/>.</summary>
    /// <exception cref="StartException">An argument is unknown, missing or malformed.</exception>
    public static ControllerArguments Parse(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--supervised")
            {
                values[args[i]] = "true";
            }
            else if (args[i] is "--data" or "--admin" or "--public" or "--runtimes" or "--sandbox" or "--stems" && i + 1 < args.Length)
            {
                values[args[i]] = args[++i];
            }
            else
            {
                throw new StartException($"'{args[i]}' is not an option of faas-controller, or lacks its value; usage: {Usage}");
            }
        }

        return new ControllerArguments
        {
            Data = new DataFolder(Required(values, "--data")),
            Admin = Url(values, "--admin"),
            Public = Url(values, "--public"),
            Runtimes = Path.GetFullPath(Required(values, "--runtimes")),
            Sandbox = values.GetValueOrDefault("--sandbox"),
            Stems = values.TryGetValue("--stems", out var text)
                ? int.TryParse(text, out var stems) && stems is >= 0 and <= 1000 ? stems : throw new StartException("--stems must be 0 to 1000")
                : null,
            Supervised = values.ContainsKey("--supervised"),
        };
    }

    private static string Required(Dictionary<string, string> values, string name) =>
        values.GetValueOrDefault(name) ?? throw new StartException($"{name} is missing; usage: {Usage}");

    private static Uri Url(Dictionary<string, string> values, string name) =>
        Uri.TryCreate(Required(values, name), UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new StartException($"{name} must be an http URL such as http://127.0.0.1:8081");
}
