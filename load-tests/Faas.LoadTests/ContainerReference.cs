using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Faas.Contracts.Hosting;

namespace Faas.LoadTests;

/// <summary>
/// What the platform's cold starts are compared with: the same worker in the same image, started by hand. What "the same" is, is read off a
/// container that the platform has started: image, command, environment, limits and mounts.
/// </summary>
internal sealed class ContainerReference : IDisposable
{
    private const string Label = "faas.loadtest=1";
    private const int ReadyTimeoutMs = 60_000;

    private readonly string _data;
    private readonly string _folder = Directory.CreateTempSubdirectory("faas-r").FullName;
    private readonly DockerSocket _engine = new();
    private readonly Dictionary<string, JsonNode> _containers = [];
    private int _started;

    public ContainerReference(DataFolder data) => _data = data.Root;

    /// <summary>Reads off what a container of the runtime is, from any that runs now.</summary>
    public void Learn(string runtime)
    {
        var ids = Docker("ps", "-q", "--filter", "label=faas.node").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var id in ids)
        {
            if (Inspect(id) is not { } container)
            {
                continue;
            }

            var binds = BindsOf(container);
            if (binds.Any(bind => bind.Contains(_data, StringComparison.Ordinal)) && binds.Any(bind => bind.Contains($"/{runtime}:/faas/runtime", StringComparison.Ordinal)))
            {
                _containers[runtime] = container.DeepClone();
                return;
            }
        }

        throw new InvalidOperationException($"No container of the platform runs {runtime}: there is nothing to compare with.");
    }

    /// <summary>A container's description; null when it has ended since it was listed.</summary>
    private static JsonNode? Inspect(string id)
    {
        try
        {
            return JsonNode.Parse(Docker("inspect", id))!.AsArray()[0];
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>`docker run` of the worker until it listens, and of a command that does nothing until it has ended.</summary>
    public void Run(string runtime, ColdStartResult result)
    {
        if (!_containers.ContainsKey(runtime))
        {
            Learn(runtime);
        }

        var container = _containers[runtime];
        var image = container["Config"]!["Image"]!.GetValue<string>();
        using var place = Place.Create(_folder, ++_started);
        var arguments = RunArguments(container, place);
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        Docker(arguments);
        place.AwaitReady(ReadyTimeoutMs);
        result.DockerRunWorker.Add(time.GetElapsedTime(began).TotalMilliseconds);
        Docker("rm", "-f", place.Name);
        began = time.GetTimestamp();
        Docker("run", "--rm", "--label", Label, "--entrypoint", "/bin/sh", image, "-c", ":");
        result.DockerRunTrue.Add(time.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>Creates and starts the same container over the engine's API; milliseconds until its worker listens.</summary>
    public async Task<double> CreateAndStartAsync(string runtime, CancellationToken cancellationToken)
    {
        using var place = Place.Create(_folder, ++_started);
        var container = _containers[runtime];
        var body = container["Config"]!.DeepClone().AsObject();
        body["Labels"] = new JsonObject { ["faas.loadtest"] = "1" };   // not the platform's: it would take the container for a lost one of its own
        body["HostConfig"] = container["HostConfig"]!.DeepClone();
        body["HostConfig"]!["Binds"] = new JsonArray([.. Redirected(container, place).Select(bind => (JsonNode)bind)]);
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        await _engine.PostAsync($"/containers/create?name={place.Name}", body, cancellationToken);
        await _engine.PostAsync($"/containers/{place.Name}/start", null, cancellationToken);
        place.AwaitReady(ReadyTimeoutMs);
        var elapsed = time.GetElapsedTime(began).TotalMilliseconds;
        Docker("rm", "-f", place.Name);
        return elapsed;
    }

    public void Dispose()
    {
        _engine.Dispose();
        var left = Docker("ps", "-aq", "--filter", $"label={Label}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (left.Length > 0)
        {
            Docker(["rm", "-f", .. left]);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static List<string> RunArguments(JsonNode container, Place place)
    {
        var config = container["Config"]!;
        var entrypoint = Texts(config["Entrypoint"]);
        var arguments = new List<string> { "run", "-d", "--name", place.Name, "--label", Label, "--user", config["User"]!.GetValue<string>(), "--workdir", config["WorkingDir"]!.GetValue<string>() };
        arguments.AddRange(Redirected(container, place).SelectMany(bind => (string[])["--volume", bind]));
        arguments.AddRange(Texts(config["Env"]).SelectMany(variable => (string[])["--env", variable]));
        if (entrypoint.Count > 0)
        {
            arguments.AddRange(["--entrypoint", entrypoint[0]]);
        }

        arguments.Add(config["Image"]!.GetValue<string>());
        arguments.AddRange(entrypoint.Skip(1));
        arguments.AddRange(Texts(config["Cmd"]));
        return arguments;
    }

    // The same mounts, but sockets and code are folders of our own.
    private static IEnumerable<string> Redirected(JsonNode container, Place place) =>
        BindsOf(container).Select(bind => bind.Split(':') is var parts && parts[1] == "/run/faas" ? $"{place.Sockets}:{string.Join(':', parts[1..])}"
            : parts[1] == "/code" ? $"{place.Code}:{string.Join(':', parts[1..])}"
            : bind);

    private static List<string> BindsOf(JsonNode container) => Texts(container["HostConfig"]!["Binds"]);

    private static List<string> Texts(JsonNode? array) => array is JsonArray items ? [.. items.Select(item => item!.GetValue<string>())] : [];

    private static string Docker(params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
    }

    /// <summary>The folder of one container started by hand, with the socket on which its worker reports that it listens.</summary>
    private sealed class Place : IDisposable
    {
        private readonly Socket _ready = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly string _root;

        private Place(string root, string name)
        {
            _root = root;
            Name = name;
        }

        public string Name { get; }

        public string Sockets => Path.Combine(_root, "s");

        public string Code => Path.Combine(_root, "code");

        public static Place Create(string parent, int number)
        {
            const UnixFileMode everybody = (UnixFileMode)0x1FF;
            var place = new Place(Path.Combine(parent, $"{number}"), $"faas-loadtest-{Environment.ProcessId}-{number}");
            Directory.CreateDirectory(place.Sockets);
            Directory.CreateDirectory(place.Code);
            File.SetUnixFileMode(parent, (UnixFileMode)0x1C9);
            File.SetUnixFileMode(place.Sockets, everybody);
            using (var mkfifo = Process.Start("mkfifo", ["-m", "666", Path.Combine(place.Sockets, "out")]))
            {
                mkfifo.WaitForExit();
            }

            var ready = Path.Combine(place.Sockets, "ready.sock");
            place._ready.Bind(new UnixDomainSocketEndPoint(ready));
            File.SetUnixFileMode(ready, everybody);
            place._ready.Listen();
            return place;
        }

        public void AwaitReady(int timeoutMs)
        {
            if (!_ready.Poll(TimeSpan.FromMilliseconds(timeoutMs), SelectMode.SelectRead))
            {
                throw new InvalidOperationException($"The worker in {Name} did not listen within {timeoutMs} ms.");
            }

            _ready.Accept().Dispose();
        }

        public void Dispose()
        {
            _ready.Dispose();
            Directory.Delete(_root, recursive: true);
        }
    }
}
