using Microsoft.Extensions.Logging;

namespace Faas.Events.Triggers;

/// <summary>Starts and stops triggers' sources. Called by who has the <see cref="TriggerTable.Turn"/>.</summary>
internal sealed class TriggerRunner(TriggerParts parts, ILogger<TriggerRun> logger)
{
    private bool _isOpen;

    /// <summary>Sources may be started from now on.</summary>
    public void Open() => _isOpen = true;

    /// <summary>None is started any more.</summary>
    public void Close() => _isOpen = false;

    /// <summary>Starts the source, unless it runs already, is paused, or there is none.</summary>
    public void Start(Trigger trigger)
    {
        if (!_isOpen || trigger.IsPaused || trigger.Run is not null)
        {
            return;
        }

        if (trigger.Kind.CreateSource() is null)
        {
            trigger.Status.Connected();   // its events come by themselves
            return;
        }

        trigger.Run = TriggerRun.Start(trigger, parts, logger);
    }

    /// <summary>Stops the source, if one runs.</summary>
    public static async Task StopAsync(Trigger trigger)
    {
        if (trigger.Run is { } run)
        {
            await run.StopAsync();
            trigger.Run = null;
            run.Dispose();
        }
    }
}
