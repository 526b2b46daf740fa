using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Simulator;

/// <summary>
/// A plan in whole minutes, and the only place where the simulator rounds. Minute k after the last minute with a call counts as loaded when
/// k is at most the end of a window rounded up, and at least its begin rounded up: the minute in which an instance is stopped is charged, the
/// one in which it is started is not, and a call in that one is cold. Rounding outward charges both, up to a minute too much for each window
/// (half a minute on average at either end); it is there to show how much hangs on this.
/// </summary>
/// <param name="Keep">Last minute of the first window.</param>
/// <param name="From">First minute of the second.</param>
/// <param name="Until">Last minute of the second.</param>
/// <param name="StartedMinutes">The part of the minute before <paramref name="From"/> in which the instance is there already; what rounding does not charge.</param>
internal readonly record struct MinuteWindow(int Keep, int From, int Until, double StartedMinutes)
{
    public static MinuteWindow Of(KeepAlivePlan plan, bool outward) => 
        outward
            ? new(Up(plan.Keep), Down(plan.Prewarm), Up(plan.Until), 0)
            : new(Up(plan.Keep), Up(plan.Prewarm), Up(plan.Until), plan.Prewarms ? Math.Ceiling(plan.Prewarm.TotalMinutes) - plan.Prewarm.TotalMinutes : 0);

    /// <summary>Whether the instance is there in minute <paramref name="k"/> after the last minute with a call, which is minute 0.</summary>
    public bool Covers(int k) => k == 0 || k <= Keep || (k >= From && k <= Until);

    private static int Up(TimeSpan time) => (int)Math.Min(int.MaxValue, Math.Ceiling(time.TotalMinutes));

    private static int Down(TimeSpan time) => (int)Math.Min(int.MaxValue, Math.Floor(time.TotalMinutes));
}
