using Faas.Contracts.Functions;

namespace Faas.Controller.Scaling;

/// <summary>What the gateway last saw of a revision's waiting line.</summary>
/// <param name="Waiting">Requests in the line.</param>
/// <param name="InFlight">Slots in use.</param>
/// <param name="RunMs">Moving average of running time in ms; 0 when unknown.</param>
internal readonly record struct LineLoad(int Waiting, int InFlight, double RunMs);

/// <summary>Decides how many instances to start and which to stop. Pure: same arguments, same answer.</summary>
internal static class ScaleDecision
{
    /// <summary>
    /// Starts under way at once while the running time is still unknown. Four fill two cores twice over; a line of slow invocations
    /// gets the next four as soon as these are ready, and a line of fast ones is served before.
    /// </summary>
    public const int BlindStarts = 4;

    /// <summary>What an activation from a stem takes in ms, rounded up: the time within which a line is left to clear by itself.</summary>
    public const double ActivationMs = 10;

    /// <summary>Instances to start now.</summary>
    public static int InstancesToStart(FunctionSpec spec, LineLoad load, int ready, int starting)
    {
        var room = spec.MaxInstances - ready - starting;
        var uncovered = load.Waiting - (starting * spec.Concurrency);
        if (room <= 0 || uncovered <= 0)
        {
            return 0;
        }

        if (load.RunMs > 0 && ready > 0 && load.Waiting * load.RunMs / (ready * spec.Concurrency) <= ActivationMs)
        {
            return 0;
        }

        var wanted = (uncovered + spec.Concurrency - 1) / spec.Concurrency;
        if (load.RunMs == 0)
        {
            wanted = Math.Min(wanted, Math.Max(0, BlindStarts - starting));
        }

        return Math.Min(wanted, room);
    }

    /// <summary>Instances to start so that the minimum is kept.</summary>
    public static int MissingToMinimum(FunctionSpec spec, int ready, int starting) => Math.Max(0, spec.MinInstances - ready - starting);

    /// <summary>Whether an instance that has been idle for <paramref name="idle"/> may stop while <paramref name="ready"/> exist.</summary>
    public static bool MayStop(FunctionSpec spec, TimeSpan idle, int ready) => idle >= spec.KeepAlive && ready > spec.MinInstances;
}
