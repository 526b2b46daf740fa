using Faas.Gateway.Activation;
using Faas.Link;
using Route = Faas.Link.Route;

namespace Faas.Gateway.Routing;

/// <summary>Where a function's requests go, with the limits that the gateway enforces. Immutable; a changed function gets a new one.</summary>
internal sealed class FunctionRoute(Route route, Gate gate)
{
    /// <summary>The function's full name.</summary>
    public string Function { get; } = route.Function;

    /// <summary>The revision's gate: its instances and its waiting line.</summary>
    public Gate Gate { get; } = gate;

    /// <summary>What a spent budget leaves of it; null when none holds it back.</summary>
    public BudgetGate? Budget { get; } = route.Budget is { } limit ? new BudgetGate(limit) : null;

    /// <summary>What its answers are like.</summary>
    public AnswerHabit Answers { get; } = new();

    /// <summary>Whether instances serve HTTP themselves.</summary>
    public bool IsHttp { get; } = route.IsHttp;

    /// <summary>How long an invocation may run once it has started.</summary>
    public TimeSpan Timeout { get; } = TimeSpan.FromMilliseconds(route.TimeoutMs);

    /// <summary>Slots of all instances that it may have.</summary>
    public int SlotsMax { get; } = (int)Math.Min(int.MaxValue, Math.Max(1L, route.Concurrency) * Math.Max(1, route.MaxInstances));

    /// <summary>Size of an instance, for usage records.</summary>
    public int MemoryMiB { get; } = route.MemoryMib;

    /// <summary>Largest request body in bytes.</summary>
    public long BodyBytesMax { get; } = route.BodyBytesMax;

    /// <summary>Bound of the waiting line.</summary>
    public int LineLengthMax { get; } = route.LineLengthMax;

    /// <summary>Longest time in the waiting line.</summary>
    public TimeSpan WaitMax { get; } = TimeSpan.FromMilliseconds(route.WaitMsMax);
}
