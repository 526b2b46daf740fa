using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Drivers.Docker;

/// <summary>Images by name: those that are here, and pulling those that are not.</summary>
internal sealed partial class ImageStore(DockerClient client, EngineCall engine, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Task> _pulls = new();

    /// <summary>Pulls the image unless it is here. Callers that want the same one share a pull, which none of them cancels.</summary>
    public async Task EnsureAsync(string image, CancellationToken cancellationToken)
    {
        if (await InspectAsync(image, cancellationToken) is not null)
        {
            return;
        }

        var pull = _pulls.GetOrAdd(image, PullAsync);
        try
        {
            await pull.WaitAsync(cancellationToken);
        }
        finally
        {
            if (pull.IsCompleted)
            {
                _pulls.TryRemove(KeyValuePair.Create(image, pull));
            }
        }
    }

    /// <summary>The user that the image names; null when it names none or root.</summary>
    public async Task<string?> UserAsync(string image, CancellationToken cancellationToken) =>
        (await InspectAsync(image, cancellationToken))?.Config?.User is { Length: > 0 } user && user.Split(':')[0] is not ("root" or "0") ? user : null;

    private async Task<ImageInspectResponse?> InspectAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.RunAsync("inspect an image", () => client.Images.InspectImageAsync(image, cancellationToken), cancellationToken);
        }
        catch (DriverException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private async Task PullAsync(string image)
    {
        Log.Pulling(logger, image);
        string? failure = null;
        try
        {
            await engine.RunAsync("pull an image", () => client.Images.CreateImageAsync(
                new ImagesCreateParameters { FromImage = image, Tag = HasTag(image) ? null : "latest" },
                null,
                new Progress(message => failure = Report(image, message) ?? failure)), CancellationToken.None);
        }
        catch (DriverException e) when (!e.IsTransient || e.InnerException is DockerApiException)
        {
            failure = e.Message;
        }

        if (failure is not null)
        {
            throw new DriverException("pull", $"image '{image}' is not on this machine and could not be pulled: {failure}; check its name, or 'docker load' it", isTransient: false);
        }

        Log.Pulled(logger, image);
    }

    private string? Report(string image, JSONMessage message)
    {
        // Every layer reports hundreds of steps; only their beginnings and ends say something to people.
        if (message.Status is { } status && message.Progress?.Total is null or 0)
        {
            Log.Progress(logger, image, message.ID ?? "", message.Status ?? "");
        }

        return message.ErrorMessage ?? message.Error?.Message;
    }

    private static bool HasTag(string image) => image.Contains('@', StringComparison.Ordinal) || image.LastIndexOf(':') > image.LastIndexOf('/');

    /// <summary>Reports at once, on the caller's thread: <see cref="Progress{T}"/> would report after the end.</summary>
    private sealed class Progress(Action<JSONMessage> report) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value) => report(value);
    }

    private static partial class Log
    {
        [LoggerMessage(3030, LogLevel.Information, "Pulling image {Image}")]
        public static partial void Pulling(ILogger logger, string image);

        [LoggerMessage(3031, LogLevel.Information, "Pulled image {Image}")]
        public static partial void Pulled(ILogger logger, string image);

        [LoggerMessage(3032, LogLevel.Debug, "{Image} {Layer}: {Status}")]
        public static partial void Progress(ILogger logger, string image, string layer, string status);
    }
}
