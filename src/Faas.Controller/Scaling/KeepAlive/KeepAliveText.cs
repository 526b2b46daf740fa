using System.Globalization;

namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>Plans in words.</summary>
internal static class KeepAliveText
{
    /// <summary>Why, and what is done.</summary>
    public static string Of(KeepAlivePlan plan) => $"{Why(plan.Basis)}: {What(plan)}";

    /// <summary>A time with two digits: 850 ms, 4.2 s, 31 min, 2.5 h.</summary>
    public static string Of(TimeSpan time) =>
        time == TimeSpan.MaxValue ? "ever"
        : time.TotalSeconds < 1 ? $"{Digits(time.TotalMilliseconds)} ms"
        : time.TotalMinutes < 1 ? $"{Digits(time.TotalSeconds)} s"
        : time.TotalHours < 2 ? $"{Digits(time.TotalMinutes)} min"
        : $"{Digits(time.TotalHours)} h";

    private static string Why(KeepAliveBasis basis) => basis.Reason switch
    {
        KeepAliveReason.Fixed => "fixed",
        KeepAliveReason.Learning when basis.Samples == 0 => "no idle time known yet",
        KeepAliveReason.Learning => $"only {Times(basis.Samples)} known yet",
        KeepAliveReason.OutOfBounds => $"{basis.OutOfBounds} of {Times(basis.Samples)} longer than {Of(IdleHistory.Bound)}",
        KeepAliveReason.NotRepresentative => $"{Times(basis.Samples)} from {Of(basis.HeadTime)} to {Of(basis.TailTime)}, too wide apart to expect a call",
        _ => $"histogram of {Times(basis.Samples)}: {Percent(basis.Head)} below {Of(basis.HeadTime)}, {Percent(basis.Tail)} below {Of(basis.TailTime)}",
    };

    private static string What(KeepAlivePlan plan)
    {
        var first = plan.Keep == TimeSpan.Zero ? "stopped after use" : $"kept for {Of(plan.Keep)}";
        return plan.Prewarms ? $"{first}, started again at {Of(plan.Prewarm)}, kept until {Of(plan.Until)}" : first;
    }

    private static string Times(int count) => count == 1 ? "1 idle time" : $"{count} idle times";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    private static string Digits(double value) => value.ToString(value < 10 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
