namespace Faas.Events.Triggers;

/// <summary>Where the events of one trigger come from: the clock, a broker. One is made for each run.</summary>
internal interface ITriggerSource
{
    /// <summary>
    /// Gives events to <paramref name="context"/> until <paramref name="ct"/> ends it: because the trigger was paused, changed or deleted, or the platform stops. What it
    /// throws is shown to users as the reason why the trigger does not work, and it is run again after a pause; so it is when it returns by itself.
    /// </summary>
    Task RunAsync(TriggerContext context, CancellationToken ct);
}
