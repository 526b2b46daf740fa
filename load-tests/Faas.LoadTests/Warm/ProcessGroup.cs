namespace Faas.LoadTests.Warm;

/// <summary>Processes whose CPU time and memory are told as one: <c>gateway</c>, <c>workers</c>, <c>nginx</c>.</summary>
/// <param name="Name">As in the result: <c>gatewayCpuMicros</c>.</param>
/// <param name="Pids">Those there are now.</param>
internal sealed record ProcessGroup(string Name, Func<IEnumerable<int>> Pids)
{
    /// <summary>A process and everything below it.</summary>
    public static ProcessGroup Tree(string name, int root) => new(name, () => ProcessFiles.TreeOf(root));

    public double ResidentMiB() => Pids().Sum(ProcessFiles.ResidentMiB);
}
