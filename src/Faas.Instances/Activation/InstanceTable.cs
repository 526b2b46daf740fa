using System.Collections.Concurrent;
using Faas.Contracts.Invocations;
using Faas.Instances.Control;
using Faas.Instances.Drivers;
using Faas.Instances.Stems;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Activation;

/// <summary>The running instances: watches them, stops them, reports those that end by themselves.</summary>
internal sealed partial class InstanceTable(IInstanceEvents events, ILogger logger, TimeProvider time)
{
    /// <summary>Between a worker's own grace and the kill, so that one that exits on its last millisecond is not called disobedient.</summary>
    private static readonly TimeSpan GraceMargin = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, LiveInstance> _byId = new();
    private readonly ConcurrentDictionary<string, Task> _watches = new();

    /// <summary>Looks after <paramref name="instance"/> from now on.</summary>
    public void Add(LiveInstance instance)
    {
        _byId[instance.Handle.Id] = instance;
        _watches[instance.Handle.Id] = WatchAsync(instance);
    }

    /// <summary>The instance's sandbox; null for an unknown instance.</summary>
    public LiveSandbox? Sandbox(string instanceId) => _byId.GetValueOrDefault(instanceId)?.Sandbox;

    /// <summary>Shutdown frame (SIGTERM for an image), then kill when <paramref name="grace"/> is over, then remove everything. Does nothing for an unknown instance.</summary>
    public async Task StopAsync(string instanceId, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!_byId.TryGetValue(instanceId, out var instance))
        {
            return;
        }

        instance.TryBeginEnd();
        if (grace > TimeSpan.Zero)
        {
            await WaitForGraceAsync(instance, grace, cancellationToken);
        }

        await instance.Sandbox.RemoveAsync().WaitAsync(cancellationToken);
        _byId.TryRemove(KeyValuePair.Create(instanceId, instance));
    }

    /// <summary>Stops all instances at once.</summary>
    public async Task StopAllAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_byId.Keys.Select(id => StopAsync(id, grace, cancellationToken)));
        await Task.WhenAll(_watches.Values);
    }

    private async Task WaitForGraceAsync(LiveInstance instance, TimeSpan grace, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(grace + GraceMargin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await instance.Sandbox.ShutdownAsync(grace, either.Token);
            await instance.Sandbox.Ended.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            Log.Disobedient(logger, instance.Handle.Id, grace);   // killed next, also when our caller gave up waiting
        }
    }

    private async Task WatchAsync(LiveInstance instance)
    {
        await instance.Sandbox.Ended.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (instance.TryBeginEnd())
        {
            var report = await instance.Sandbox.ExplainAsync();
            var (outcome, detail) = EndOfInstance.Describe(report);
            detail += EndOfInstance.LastWords(report, instance.Sandbox.Log.Tail);
            Log.Ended(logger, instance.Handle.Id, instance.Handle.Revision, detail);
            events.Exited(instance.Handle.Id, instance.Handle.Revision, outcome, detail);
            await instance.Sandbox.RemoveAsync();
            _byId.TryRemove(KeyValuePair.Create(instance.Handle.Id, instance));
        }

        _watches.TryRemove(instance.Handle.Id, out _);
    }

    private static partial class Log
    {
        [LoggerMessage(3010, LogLevel.Warning, "Instance {InstanceId} of {Revision} ended: {Detail}")]
        public static partial void Ended(ILogger logger, string instanceId, string revision, string detail);

        [LoggerMessage(3011, LogLevel.Warning, "Instance {InstanceId} did not end within {Grace}; killing it")]
        public static partial void Disobedient(ILogger logger, string instanceId, TimeSpan grace);
    }
}

/// <summary>What an exit means to users.</summary>
internal static class EndOfInstance
{
    public static (InvocationError Outcome, string Detail) Describe(ExitReport report) => report switch
    {
        { IsOutOfMemory: true } => (InvocationError.OutOfMemory, "the instance exceeded its memory limit and was killed"),
        { ExitCode: null } => (InvocationError.Crashed, "the instance ended"),
        { ExitCode: > 128 and < 160 and var code } => (InvocationError.Crashed, $"the instance was ended by signal {code - 128}"),
        { ExitCode: var code } => (InvocationError.Crashed, $"the instance exited with code {code}"),
    };

    /// <summary>What a program that gives up says last is usually why; indented lines are the stack below it.</summary>
    public static string LastWords(ExitReport report, LogTail tail)
    {
        var line = report is { IsOutOfMemory: false, ExitCode: > 0 and <= 128 } ? tail.Lines().LastOrDefault(line => line.Length > 0 && !char.IsWhiteSpace(line[0])) : null;
        return line is null ? "" : $"; the last it said: {line.Trim()}";
    }
}
