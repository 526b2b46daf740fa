using System.IO.Pipelines;
using Docker.DotNet;
using Docker.DotNet.Models;
using Faas.Instances.Drivers;
using Faas.Instances.Drivers.Docker;
using Faas.Instances.Languages;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.HostImages;

/// <summary>The one image with all runtimes, assembled from the host's own files, for machines without a registry. Made once and kept under a digest.</summary>
internal sealed partial class HostImage(DockerClient client, EngineCall engine, DriverSetup setup, ILogger logger) : IDisposable
{
    private const string Repository = "faas-host";

    private readonly SemaphoreSlim _making = new(1);
    private volatile string? _name;

    /// <summary>The image's name; assembles the image if it does not exist.</summary>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        if (_name is { } known)
        {
            return known;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            return _name ??= await FindOrMakeAsync(cancellationToken);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Looks again next time, because somebody may have removed it.</summary>
    public void Forget() => _name = null;

    public void Dispose() => _making.Dispose();

    private async Task<string> FindOrMakeAsync(CancellationToken cancellationToken)
    {
        var began = setup.Time.GetTimestamp();
        var (files, binaries) = HostFiles.Collect(setup.Installations);
        var tag = files.Digest();
        var name = $"{Repository}:{tag}";
        if (await ExistsAsync(name, cancellationToken))
        {
            return name;
        }

        Log.Assembling(logger, name);
        await HostFiles.AddLibrariesAsync(files, binaries, setup.Time, cancellationToken);
        await ImportAsync(files, tag, cancellationToken);
        Log.Assembled(logger, name, setup.Time.GetElapsedTime(began));
        return name;
    }

    private async Task ImportAsync(RootFileSystem files, string tag, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        var writing = WriteAsync(files, pipe.Writer, cancellationToken);
        var reporter = new Failure();
        var importing = engine.RunAsync("import an image", () => client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = Repository, Tag = tag, Changes = ["LABEL faas.host=1", $"ENV PATH={RuntimeInstallation.SearchPath(setup.Installations)}"] },
            pipe.Reader.AsStream(), null, reporter, cancellationToken), cancellationToken);
        await writing;   // first: if a file cannot be read, that is the reason, and the engine's complaint only its echo
        await importing;
        if (reporter.Message is { } message)
        {
            throw new DriverException("import", $"Docker could not import the host image: {message}", isTransient: true);
        }
    }

    private static async Task WriteAsync(RootFileSystem files, PipeWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = writer.AsStream(leaveOpen: true);
            await files.WriteAsync(stream, cancellationToken);
            await writer.CompleteAsync();
        }
        catch (Exception e)
        {
            await writer.CompleteAsync(e);   // whatever it is, or the import waits for ever
            if (e is OperationCanceledException)
            {
                throw;
            }

            throw new DriverException("import", $"a file of the host could not be read: {e.Message}", isTransient: false, e);
        }
    }

    private async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await engine.RunAsync("inspect an image", () => client.Images.InspectImageAsync(name, cancellationToken), cancellationToken);
            return true;
        }
        catch (DriverException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private sealed class Failure : IProgress<JSONMessage>
    {
        public string? Message { get; private set; }

        public void Report(JSONMessage value) => Message ??= value.ErrorMessage ?? value.Error?.Message;
    }

    private static partial class Log
    {
        [LoggerMessage(3040, LogLevel.Information, "Assembling {Image} from this machine's runtimes; this happens once")]
        public static partial void Assembling(ILogger logger, string image);

        [LoggerMessage(3041, LogLevel.Information, "Assembled {Image} in {Elapsed}")]
        public static partial void Assembled(ILogger logger, string image, TimeSpan elapsed);
    }
}
