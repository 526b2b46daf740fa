namespace Faas.LoadTests.Warm;

/// <summary>One row of the table.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Title">What the report says of it.</param>
/// <param name="RunAsync">Measures it.</param>
internal sealed record Scenario(string Name, string Title, Func<Bench, CancellationToken, Task<ResultLine>> RunAsync);
