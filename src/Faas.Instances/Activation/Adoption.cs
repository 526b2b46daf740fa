using System.Net.Sockets;
using Faas.Instances.Control;
using Faas.Instances.Drivers;
using Faas.Instances.Folders;
using Faas.Instances.Stems;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Activation;

/// <summary>After a controller's restart: takes over the instances that still run and removes everything else that carries this node's marks.</summary>
internal sealed partial class Adoption(
    SandboxSurroundings around, ImageActivation images, IInstanceEvents events, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adopts and reaps. Sandboxes of this process are left alone.</summary>
    public async Task<IReadOnlyList<LiveInstance>> RunAsync(
        IReadOnlyList<IInstanceDriver> otherDrivers, Func<string, bool> isKnown, CancellationToken cancellationToken)
    {
        foreach (var other in otherDrivers)
        {
            foreach (var orphan in await ListAsync(other, cancellationToken))
            {
                await RemoveAsync(other, orphan);   // started when the sandbox was set to another kind
            }
        }

        var sandboxes = (await ListAsync(around.Driver, cancellationToken)).ToDictionary(s => s.Id);
        var ids = sandboxes.Keys
            .Concat(Directory.EnumerateFileSystemEntries(around.InstancesFolder).Select(p => Path.GetFileName(p)!))
            .Distinct().Where(id => !around.IsOwn(id)).ToList();
        var adopted = new List<LiveInstance>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (id, cancel) =>
        {
            if (await TryAdoptAsync(id, sandboxes.GetValueOrDefault(id), isKnown, cancel) is { } instance)
            {
                lock (adopted)
                {
                    adopted.Add(instance);
                }
            }
            else
            {
                await RemoveAsync(around.Driver, sandboxes.GetValueOrDefault(id) ?? new Launched(id, "", null, 0));
            }
        });
        return adopted;
    }

    private async Task<LiveInstance?> TryAdoptAsync(string id, Launched? listed, Func<string, bool> isKnown, CancellationToken cancellationToken)
    {
        var folder = new InstanceFolder(around.InstancesFolder, id);
        if (listed is null || InstanceRecord.TryLoad(folder) is not { } record || record.Driver != around.Driver.Report.Name || !isKnown(record.Revision))
        {
            return null;
        }

        var sandbox = new LiveSandbox(around, folder, record.Launched.Uid, new LogSink(events, around.Time)) { Launched = record.Launched, Token = record.Token };
        sandbox.Log.Become(record.Function, record.InstanceId);
        using var deadline = new CancellationTokenSource(Patience, around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            sandbox.Thaw();   // its controller may have frozen it, and a frozen worker answers nobody
            await AttachAsync(sandbox, record, either.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or DriverException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Log.NotAdopted(logger, record.InstanceId, e.Message);
            await sandbox.RemoveAsync();
            return null;
        }

        around.Adopt(id);
        around.Users.Claim(record.Launched.Uid);
        Log.Adopted(logger, record.InstanceId, record.Revision);
        return new LiveInstance(record.ToHandle(folder, record.IsHttp ? sandbox.Group : null), sandbox);
    }

    private async Task AttachAsync(LiveSandbox sandbox, InstanceRecord record, CancellationToken cancellationToken)
    {
        if (record.Port == 0)
        {
            sandbox.Attach(new OutputPipe(sandbox.Folder.Output, sandbox.Log.Add));
            sandbox.Attach(await ControlConnection.OpenAsync(sandbox.Folder.WorkerSocket, record.Token, sandbox.Log.Add, cancellationToken));
        }
        else if (around.Driver is IRunsImages follows)
        {
            sandbox.Attach(await follows.FollowOutputAsync(sandbox.Launched, sandbox.Log.Add, cancellationToken));
            sandbox.Attach(images.AwaitEndAsync(sandbox.Launched));
        }
    }

    private async Task<IReadOnlyList<Launched>> ListAsync(IInstanceDriver driver, CancellationToken cancellationToken)
    {
        try
        {
            return await driver.ListAsync(cancellationToken);
        }
        catch (DriverException e)
        {
            Log.NotListed(logger, e.Message);
            return [];
        }
    }

    private async Task RemoveAsync(IInstanceDriver driver, Launched orphan)
    {
        Log.Reaped(logger, orphan.Id);
        await around.Remains.RemoveAsync(driver, orphan, new InstanceFolder(around.InstancesFolder, orphan.Id));
    }

    private static partial class Log
    {
        [LoggerMessage(3020, LogLevel.Information, "Adopted instance {InstanceId} of {Revision}")]
        public static partial void Adopted(ILogger logger, string instanceId, string revision);

        [LoggerMessage(3021, LogLevel.Warning, "Instance {InstanceId} of an earlier controller cannot be adopted, removing it: {Reason}")]
        public static partial void NotAdopted(ILogger logger, string instanceId, string reason);

        [LoggerMessage(3022, LogLevel.Information, "Removing what an earlier controller left of {Sandbox}")]
        public static partial void Reaped(ILogger logger, string sandbox);

        [LoggerMessage(3023, LogLevel.Warning, "Sandboxes of earlier controllers could not be listed: {Reason}")]
        public static partial void NotListed(ILogger logger, string reason);
    }
}
