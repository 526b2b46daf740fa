namespace Faas.LoadTests.OpenLoop;

/// <summary>One request of a schedule.</summary>
/// <param name="At">When it is meant to be sent, from the beginning of the run.</param>
/// <param name="Request">Which one: an index into the requests of the run.</param>
internal readonly record struct Arrival(TimeSpan At, int Request);
