using System.Globalization;
using Faas.Contracts.Functions;
using Faas.LoadTests.Loads;
using Faas.Storage;

namespace Faas.LoadTests.Warm;

/// <summary>
/// Many functions deployed, many of them called at random, each by an instance of its own, in turn with one function of the same platform. Python by default: a
/// thousand of its processes fit into a small machine.
/// </summary>
internal static class ManyFunctions
{
    private const string Name = "functions-1000";
    private const string One = "one";
    private const int Connections = 64;
    private const int ParallelStarts = 8;

    /// <summary>What an instance takes: 16 MiB of its own were measured of Python and 13 of C#, and its sandbox.</summary>
    private const int InstanceMiB = 20;

    /// <summary>Deploys the first of the many, and the one that they are compared with.</summary>
    public static async Task DeployAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.Python;
        var many = Target.Hello(NameOf(0), runtime) with
        {
            CodeDigest = await target.UploadHelloAsync(runtime, cancellationToken),
            MemoryMiB = 64,
            MaxInstances = 1,
            KeepAlive = TimeSpan.FromHours(1),
            Freeze = false,   // how fast an instance thaws is another measurement
        };
        await target.DeployAsync(many, cancellationToken);
        await target.DeployAsync(many with { Name = One, MinInstances = 1, MaxInstances = 10 }, cancellationToken);
    }

    /// <summary>
    /// Copies the first one in the store of a stopped platform, which has them all when it starts. To deploy each would start each once: a quarter of an hour for
    /// ten thousand, and the same state in the end.
    /// </summary>
    public static async Task CopyAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var path = new Contracts.Hosting.DataFolder(arguments["data"]).Database;
        await using var store = await SqliteStore.OpenAsync(path, "USD", cancellationToken);
        var first = (await store.ListServingAsync(cancellationToken)).Single(function => function.Function == NameOf(0)).Revision;
        var copies = Enumerable.Range(1, Deployed(Plan.Of(arguments)) - 1).Select(NameOf)
            .Select(name => first with { Id = $"{name}-copy", Function = name, Spec = first.Spec with { Name = name } });
        await Parallel.ForEachAsync(copies, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = cancellationToken }, async (copy, token) =>
        {
            await store.SaveRevisionAsync(copy, token);
            await store.SetServingAsync(copy.Function, copy.Id, copy.CreatedAt, null, token);
        });
    }

    public static async Task<ResultLine> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var called = Math.Min(bench.Plan.IsQuick ? 50 : 1_000, Machine.AvailableMiB() / InstanceMiB);
        var deployed = (await bench.Target.ListAsync(cancellationToken)).Count - 1;
        await StartAsync(bench, called, cancellationToken);
        var line = await CompareAsync(Name, bench.Plan, bench.Platform, called, cancellationToken);
        var functions = await bench.Target.ListAsync(cancellationToken);
        line.Add("runtime", bench.Plan.Runtime ?? Runtimes.Python);
        line.Add("deployed", deployed, 0);
        line.Add("instances", functions.Where(function => function.Name != One).Sum(function => function.Instances), 0);
        line.Add("oneInstances", functions.Single(function => function.Name == One).Instances, 0);
        return line;
    }

    /// <summary>What the machine makes of so many processes without a platform: nginx before Python servers.</summary>
    public static Task<ResultLine> RunNginxAsync(Bench bench, CancellationToken cancellationToken) =>
        CompareAsync($"{Name}-nginx", bench.Plan, bench.NginxBefore("servers"), int.Parse(bench.Argument("called"), CultureInfo.InvariantCulture), cancellationToken);

    private static async Task<ResultLine> CompareAsync(string name, Plan plan, Contender contender, int called, CancellationToken cancellationToken)
    {
        var many = new LoadRequest([.. Enumerable.Range(0, called).Select(NameOf)]);
        var only = new LoadRequest([One, One]);   // twice, so that wrk chooses here too
        var comparison = new Comparison(name, plan, [contender, OneOf(contender)], new WrkLoad(Connections));
        var line = new ResultLine(comparison.Name, plan).Add(comparison, await comparison.RunAsync(loaded => loaded.Name == One ? only : many, cancellationToken));
        line.Add("called", called, 0);
        return line;
    }

    private static int Deployed(Plan plan) => plan.IsQuick ? 1_000 : 10_000;

    /// <summary>Calls each once: it has its instance then.</summary>
    private static async Task StartAsync(Bench bench, int called, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelStarts, CancellationToken = cancellationToken };
        var done = 0;
        await Parallel.ForAsync(0, called, parallel, (i, _) =>
        {
            using var caller = new Caller(bench.Platform.Address);
            if (caller.Invoke(NameOf(i)) is { IsSuccess: false } call)
            {
                throw new InvalidOperationException($"{NameOf(i)} answers {call.Status}: {call.Text}");
            }

            if (Interlocked.Increment(ref done) % 100 == 0)
            {
                Console.Error.WriteLine($"{Name}: {done} of {called} started");
            }

            return ValueTask.CompletedTask;
        });
    }

    // The same processes, told apart in the result.
    private static Contender OneOf(Contender platform) =>
        platform with { Name = One, Groups = [.. platform.Groups.Select(group => group with { Name = $"{One}{char.ToUpperInvariant(group.Name[0])}{group.Name[1..]}" })] };

    private static string NameOf(int i) => string.Create(CultureInfo.InvariantCulture, $"f{i}");
}
