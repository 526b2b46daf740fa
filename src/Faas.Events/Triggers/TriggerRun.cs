using Microsoft.Extensions.Logging;

namespace Faas.Events.Triggers;

/// <summary>Runs a trigger's source until it is stopped, again and again if it fails.</summary>
internal sealed partial class TriggerRun : IDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(60);

    /// <summary>How long a source may take to stop. One that takes longer is left alone: nothing that it does counts any more.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    private readonly Trigger _trigger;
    private readonly TriggerParts _parts;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private TriggerRun(Trigger trigger, TriggerParts parts, ILogger logger)
    {
        (_trigger, _parts, _logger) = (trigger, parts, logger);
        trigger.Status.Starting();
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Begins to run <paramref name="trigger"/>'s source.</summary>
    public static TriggerRun Start(Trigger trigger, TriggerParts parts, ILogger logger) => new(trigger, parts, logger);

    /// <summary>Stops the source, and returns when it has stopped.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(StopWithin, _parts.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
        {
            Log.DoesNotStop(_logger, _trigger.Key.Id);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        var pause = PauseMin;
        while (!_stop.IsCancellationRequested)
        {
            var began = _parts.Time.GetTimestamp();
            if (await RunOnceAsync() is not { } failure)
            {
                return;
            }

            // One that has worked for a while begins anew with short pauses; one that fails at once, whatever it does first, does not.
            pause = _parts.Time.GetElapsedTime(began) >= PauseMax ? PauseMin : pause;
            _trigger.Status.Restarting(failure, _parts.Time.GetUtcNow() + pause);
            await Task.Delay(pause, _parts.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    /// <summary>Why it ended; null when it was stopped.</summary>
    private async Task<string?> RunOnceAsync()
    {
        try
        {
            if (_trigger.Kind.CreateSource() is { } source)
            {
                await source.RunAsync(new TriggerContext(_trigger, _parts, _stop.Token), _stop.Token);
            }

            return _stop.IsCancellationRequested ? null : "its source has ended by itself";
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)   // the top of a loop: whatever it is, the user must see it and the other triggers must not
        {
            if (_stop.IsCancellationRequested)
            {
                return null;
            }

            Log.Failed(_logger, exception, _trigger.Key.Id);
            return exception.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4030, LogLevel.Warning, "The source of trigger {Trigger} has failed; it is run again after a pause")]
        public static partial void Failed(ILogger logger, Exception exception, string trigger);

        [LoggerMessage(4031, LogLevel.Warning, "The source of trigger {Trigger} does not stop; it is left alone")]
        public static partial void DoesNotStop(ILogger logger, string trigger);
    }
}
