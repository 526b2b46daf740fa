using Faas.Gateway.Routing;

namespace Faas.Gateway.Activation;

/// <summary>What a request asks its gate for: one slot.</summary>
/// <param name="Route">The function's route as it was when the request came.</param>
/// <param name="JoinedAt">Timestamp of its arrival.</param>
internal readonly record struct SlotWish(FunctionRoute Route, long JoinedAt)
{
    /// <summary>
    /// It had a slot already, of an instance that turned out to be dead or to be held up: it goes to the head of the line, among others like it by the time they came, and keeps its
    /// time.
    /// </summary>
    public bool IsAgain { get; init; }

    /// <summary>It may be sent to an instance before its turn has come there, because it can be taken back: see <see cref="Demand.AheadMax"/>.</summary>
    public bool MayGoAhead { get; init; }
}
