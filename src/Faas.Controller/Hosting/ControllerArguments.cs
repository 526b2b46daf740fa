using Faas.Contracts.Hosting;

namespace Faas.Controller.Hosting;

/// <summary>The command line of <c>faas-controller</c>.</summary>
internal sealed record ControllerArguments
{
    public const string Usage =
        "faas-controller --data DIR --admin URL --public URL --runtimes DIR [--sandbox auto|docker|process] [--stems N] [--memory MIB] [--store sqlite|redis] [--redis SERVERS] [--supervised]";

    public required DataFolder Data { get; init; }

    public required Uri Admin { get; init; }

    public required Uri Public { get; init; }

    public required string Runtimes { get; init; }

    public string? Sandbox { get; init; }

    public int? Stems { get; init; }

    /// <summary>Memory of all instances together in MiB; null when configuration says it.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary><c>sqlite</c> or <c>redis</c>; null when configuration says it.</summary>
    public string? Store { get; init; }

    /// <summary>Where Redis is; null when configuration says it.</summary>
    public string? Redis { get; init; }

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
            else if (args[i] is "--data" or "--admin" or "--public" or "--runtimes" or "--sandbox" or "--stems" or "--memory" or "--store" or "--redis" && i + 1 < args.Length)
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
            Stems = Number(values, "--stems", 0, 1000),
            MemoryMiB = Number(values, "--memory", 64, 16 * 1024 * 1024),   // as Faas:Machine:MemoryMiB
            Store = values.GetValueOrDefault("--store"),
            Redis = values.GetValueOrDefault("--redis"),
            Supervised = values.ContainsKey("--supervised"),
        };
    }

    private static string Required(Dictionary<string, string> values, string name) =>
        values.GetValueOrDefault(name) ?? throw new StartException($"{name} is missing; usage: {Usage}");

    private static int? Number(Dictionary<string, string> values, string name, int min, int max) =>
        !values.TryGetValue(name, out var text) ? null
        : int.TryParse(text, out var number) && number >= min && number <= max ? number
        : throw new StartException($"{name} must be {min} to {max}");

    private static Uri Url(Dictionary<string, string> values, string name) =>
        Uri.TryCreate(Required(values, name), UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new StartException($"{name} must be an http URL such as http://127.0.0.1:8081");
}
