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

        _platform = await Platform.StartAsync(new PlatformOptions { Sandbox = sandbox, Manifest = manifest });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_platform is not null)
        {
            await _platform.DisposeAsync();
        }
    }
}

/// <summary>A platform whose instances are processes.</summary>
public sealed class ProcessPlatform() : SharedPlatform("process");

/// <summary>A platform whose instances are containers.</summary>
public sealed class DockerPlatform() : SharedPlatform("docker");

/// <summary>Classes that share the platform of processes.</summary>
[CollectionDefinition("process")]
public sealed class ProcessDefinition : ICollectionFixture<ProcessPlatform>;

/// <summary>Classes that share the platform of containers.</summary>
[CollectionDefinition("docker")]
public sealed class DockerDefinition : ICollectionFixture<DockerPlatform>;
