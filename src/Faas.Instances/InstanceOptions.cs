namespace Faas.Instances;

/// <summary>Where and how instances run. Configuration section <c>Faas:Instances</c>.</summary>
public sealed class InstanceOptions
{
    /// <summary><c>auto</c> (docker if its socket answers, else process), <c>docker</c> or <c>process</c>. Default <c>auto</c>.</summary>
    public string Sandbox { get; set; } = "auto";

    /// <summary>Folder with <c>dotnet/</c> (the published worker), <c>node/</c> and <c>python/</c>.</summary>
    public string RuntimesFolder { get; set; } = "";

    /// <summary>
    /// Stems kept ready for each stem key (runtime, memory size, network kind), or as many as functions use it if those are fewer. Default null: as many as demand
    /// asks for, 8 after a deployment, 2 when nobody uses them, at most 16. A stem costs 10 to 40 MB.
    /// </summary>
    public int? StemsPerKey { get; set; }

    /// <summary>Most stems of all keys together. Default 48, about 1 GB of the larger runtimes: every memory size is a key of its own, so keys can be many.</summary>
    public int StemsMax { get; set; } = 48;

    /// <summary>Starts under way at once in the background. Default 2: Docker starts about 20 containers a second on 2 cores, however many at once.</summary>
    public int ParallelStarts { get; set; } = 2;

    /// <summary>Until a stem is ready. Default 30 s: the slowest stem takes 1.5 s on an idle machine, so this means that something is stuck.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Until the function has loaded ("started once"). Default 30 s: imports of large frameworks on a busy machine.</summary>
    public TimeSpan SpecializeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Runtime to image, used instead of the image assembled from the host's own files; pulled when it is not there. Docker only.</summary>
    public Dictionary<string, string> Images { get; set; } = [];

    /// <summary>The engine's address, <c>unix:///path</c> or <c>tcp://host:port</c>. Default: <c>DOCKER_HOST</c>, else <c>unix:///var/run/docker.sock</c>.</summary>
    public string? DockerHost { get; set; }
}
