using Faas.Contracts.Functions;
using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Warm;

/// <summary>
/// Many functions deployed, many of them called at random, each by an instance of its own, in turn with one function. Python by default: a thousand of its processes
/// fit into a small machine.
/// </summary>
internal static class ManyFunctions
{
    private const int Connections = 64;
    private const int ParallelDeploys = 8;
    private const int MemoryMiB = 64;

    /// <summary>An instance each must stay while the load lasts; those that nobody calls must not take its memory.</summary>
    private static readonly TimeSpan Called = TimeSpan.FromHours(1), Idle = TimeSpan.FromSeconds(1);

    public static async Task<ResultLine> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var (deployed, called) = bench.Plan.IsQuick ? (300, 50) : (10_000, 1_000);
        var runtime = bench.Plan.Runtime ?? Runtimes.Python;
        var one = Spec("one", runtime, await bench.Target.UploadHelloAsync(runtime, cancellationToken)) with { MinInstances = 1 };
        one.MaxInstances = 10;
        await bench.Target.DeployAsync(one, cancellationToken);
        var load = new WrkLoad(Connections);
        var only = new LoadRequest([one.Name, one.Name]);   // twice, so that wrk chooses here too
        await load.RunAsync(bench.Platform.Address, only, bench.Plan.WarmUp, cancellationToken);
        var alone = await load.RunAsync(bench.Platform.Address, only, bench.Plan.Duration, cancellationToken);
        Console.Error.WriteLine($"functions-1000: nothing else deployed: {alone.PerSecond:0}/s");

        var seconds = await DeployAsync(bench.Target, Spec("f", runtime, one.CodeDigest!), deployed, called, cancellationToken);
        var many = new LoadRequest([.. Enumerable.Range(0, called).Select(Name)]);
        Contender[] contenders = [bench.Platform, One(bench.Platform)];
        var comparison = new Comparison("functions-1000", bench.Plan, contenders, load);
        var line = new ResultLine(comparison.Name, bench.Plan)
            .Add(comparison, await comparison.RunAsync(contender => contender.Name == "one" ? only : many, cancellationToken));
        line.Add("runtime", runtime);
        line.Add("deployed", deployed, 0);
        line.Add("called", called, 0);
        line.Add("deploySeconds", seconds, 1);
        line.Add("oneAloneRps", alone.PerSecond, 1);
        return line;
    }

    // Those that are called come last: the instance that shows at a deploy that the function starts is the one that serves.
    private static async Task<double> DeployAsync(Target target, FunctionSpec spec, int deployed, int called, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelDeploys, CancellationToken = cancellationToken };
        async ValueTask DeployOneAsync(int i, CancellationToken token)
        {
            await target.DeployAsync(spec with { Name = Name(i), KeepAlive = i < called ? Called : Idle }, token);
            if (Interlocked.Increment(ref done) % 500 == 0)
            {
                Console.Error.WriteLine($"functions-1000: {done} of {deployed} deployed after {time.GetElapsedTime(began).TotalSeconds:0} s");
            }
        }

        await Parallel.ForAsync(called, deployed, parallel, DeployOneAsync);
        await Parallel.ForAsync(0, called, parallel, DeployOneAsync);
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        await target.IdleAsync(name => name.StartsWith('f') && int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) >= called, cancellationToken);
        return seconds;
    }

    // The same processes, told apart in the result.
    private static Contender One(Contender platform) =>
        platform with { Name = "one", Groups = [.. platform.Groups.Select(group => group with { Name = $"one{char.ToUpperInvariant(group.Name[0])}{group.Name[1..]}" })] };

    private static string Name(int i) => $"f{i}";

    private static FunctionSpec Spec(string name, string runtime, string digest) => Target.Hello(name, runtime) with
    {
        CodeDigest = digest,
        MemoryMiB = MemoryMiB,
        MaxInstances = 1,
        KeepAlive = Called,
        Freeze = false,   // how fast an instance thaws is another measurement
    };
}
