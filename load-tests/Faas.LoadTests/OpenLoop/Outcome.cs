namespace Faas.LoadTests.OpenLoop;

/// <summary>What became of one arrival.</summary>
/// <param name="Milliseconds">From the moment at which it was <em>meant</em> to be sent to the last byte of its answer.</param>
/// <param name="Failure">Null for 2xx; else the status and type of the answer, or what happened instead of an answer.</param>
internal readonly record struct Outcome(double Milliseconds, string? Failure);
