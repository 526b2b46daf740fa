using System.Globalization;
using Faas.Tests.Servers;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>One running platform for all classes of a collection: starting one takes seconds.</summary>
public abstract class SharedPlatform(string sandbox, string? manifest = null) : IAsyncLifetime
{
    private Platform? _platform;
    private string? _skipped;

    /// <summary>The platform; skips the test where its sandbox is not available.</summary>
    internal Platform Platform
    {
        get
        {
            Assert.SkipWhen(_skipped is not null, _skipped ?? "");
            return _platform!;
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (sandbox == "docker" && !await DockerEngine.IsAvailableAsync())
        {
            _skipped = "no Docker engine answers; tests/run.sh starts one as root where docker.io is installed";
            return;
        }

        (_skipped, var arguments) = await PrepareAsync();
        if (_skipped is null)
        {
            _platform = await Platform.StartAsync(new PlatformOptions { Sandbox = sandbox, Manifest = manifest, Arguments = arguments });
        }
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_platform is not null)
        {
            await _platform.DisposeAsync();
        }
    }

    /// <summary>Starts what the platform needs besides, and says how it is started with it; or why its tests are skipped.</summary>
    private protected virtual Task<(string? Skipped, IReadOnlyList<string> Arguments)> PrepareAsync() => Task.FromResult<(string?, IReadOnlyList<string>)>((null, []));
}

/// <summary>A platform whose instances are processes.</summary>
public sealed class ProcessPlatform() : SharedPlatform("process");

/// <summary>A platform whose instances are containers.</summary>
public sealed class DockerPlatform() : SharedPlatform("docker");

/// <summary>A platform of processes whose events are in a Redis of its own, which syncs each write.</summary>
public sealed class RedisPlatform() : SharedPlatform("process")
{
    private const string Program = "redis-server";

    /// <summary>The server.</summary>
    internal ServerProcess Server { get; } = new(Program, server =>
    [
        "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", server.Folder, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
    ]);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }

    private protected override async Task<(string? Skipped, IReadOnlyList<string> Arguments)> PrepareAsync()
    {
        if (!ServerProcess.IsInstalled(Program))
        {
            return ($"{Program} is not installed; tests/run.sh installs it as root", []);
        }

        await Server.StartAsync();
        return (null, ["--store", "redis", "--redis", $"127.0.0.1:{Server.Port}"]);
    }
}

/// <summary>Classes that share the platform of processes.</summary>
[CollectionDefinition("process")]
public sealed class ProcessDefinition : ICollectionFixture<ProcessPlatform>;

/// <summary>Classes that share the platform of containers.</summary>
[CollectionDefinition("docker")]
public sealed class DockerDefinition : ICollectionFixture<DockerPlatform>;

/// <summary>Classes that share the platform with Redis.</summary>
[CollectionDefinition("redis")]
public sealed class RedisDefinition : ICollectionFixture<RedisPlatform>;
