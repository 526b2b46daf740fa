using Faas.Controller.Scaling.KeepAlive;
using Faas.Simulator;

namespace Faas.Controller.Tests.KeepAlive;

public sealed class SimulationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("faas-trace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 3, 3)] // Called in minutes 0, 1 and 4 of 10. Cold: 0, 4. Idle: 2 | 5. The other, called in 2: cold there, idle 3.
    [InlineData(3, 2, 8)] // Cold: 0. Idle: 2, 3 | 5, 6, 7. The other 3, 4, 5.
    [InlineData(60, 2, 14)] // Idle: 2, 3 | 5 to 9. The other 3 to 9.
    public void A_fixed_keep_alive_costs_what_a_pencil_says(int minutes, int cold, int idleGBMin)
    {
        var result = Run(Trace(10, [0, 1, 4], [2]), new FixedKeepAlive(TimeSpan.FromMinutes(minutes)));

        Assert.Equal((cold, idleGBMin), (result.Cold, result.IdleGBMin));
        Assert.Equal((4, 2, cold), (result.Invocations, result.FirstCalls, result.Loads));
    }

    [Fact]
    public void The_default_learns_a_timer_from_one_period()
    {
        // Every 30 min. Cold at 0 and 30: kept for the fallback of 10 min. Then one idle time is known: 10 min, and again from 28.5 (minute 29).
        // From the third call on two are: only minute 29.
        var result = Run(Trace(151, [0, 30, 60, 90, 120, 150]), new HybridHistogram(new()));

        Assert.Equal((2, 4, 0), (result.Cold, result.Prewarms, result.WastedPrewarms));
        Assert.Equal(10 + 10 + 1 + 1 + 1 + 1, result.IdleGBMin);
        Assert.Equal(24 + (4 * 0.5), result.IdleGBMinWithStarts);
    }

    [Fact]
    public void A_prewarmed_instance_that_nobody_calls_is_counted_as_wasted()
    {
        // As above, but the timer ends: after minute 60, loaded from 29 until 30 x (1.2 + 1/2) = 51.
        var result = Run(Trace(200, [0, 30, 60]), new HybridHistogram(new()));

        Assert.Equal((2, 2, 1), (result.Cold, result.Prewarms, result.WastedPrewarms));
        Assert.Equal(10 + 10 + 1 + (51 - 29 + 1), result.IdleGBMin);
    }

    [Fact]
    public void A_machine_with_little_memory_evicts_and_starts_again()
    {
        // Three functions of 1 GB in turn, memory for two.
        var trace = Trace(6, [0, 3], [1, 4], [2, 5]);
        var policy = new PolicyRun("forever", new FixedKeepAlive(TimeSpan.MaxValue), Eviction: Eviction.LeastRecentlyUsed);
        var result = Simulation.Run(trace, policy, 8, memoryGB: 2);

        Assert.Equal(6, result.Cold);
        Assert.Equal(2, result.PeakGB);
        Assert.Equal(3, Simulation.Run(trace, policy with { Eviction = Eviction.None }, 8).Cold);
    }

    [Fact]
    public void A_trace_of_files_is_joined_by_app_and_the_rest_takes_the_median()
    {
        Write("invocations_per_function.anon.d01.csv", "HashOwner,HashApp,HashFunction,Trigger,1,2,3", "o,a1,f1,http,0,2,1", "o,a2,f2,timer,1,0,0", "o,unknown,f3,timer,0,0,0");
        Write("app_memory_percentiles.anon.d01.csv", "HashOwner,HashApp,SampleCount,AverageAllocatedMb", "o,a1,9,100.5", "o,a2,9,300", "o,a3,9,200");
        var trace = TraceReader.Read(_folder);

        Assert.Equal([100.5, 300, 200], trace.Functions.Select(f => f.MemoryMiB));
        Assert.Equal((3, 4, 2), (trace.Minutes, trace.Invocations, trace.FirstCalls));
        Assert.Equal([0, 2, 1], trace.Functions[0].CallsPerMinute);
    }

    [Theory]
    [InlineData("HashFunction,Trigger\nf,http", "HashFunction,AverageAllocatedMb\nf,1", "has no column for a minute")]
    [InlineData("HashApp,1\na,1", "HashApp,AverageAllocatedMb\na,1", "has no column HashFunction")]
    [InlineData("HashFunction,1\nf,1", "HashFunction,Mb\nf,1", "has no column AverageAllocatedMb")]
    [InlineData("HashFunction,1\nf", "HashFunction,AverageAllocatedMb\nf,1", "x_invocations.csv:2 has 1 cells, its header 2")]
    [InlineData("HashFunction,1\nf,many", "HashFunction,AverageAllocatedMb\nf,1", "'many'")]
    [InlineData("HashFunction,1", "HashFunction,AverageAllocatedMb\nf,1", "has no rows")]
    public void A_broken_trace_is_one_line(string invocations, string memory, string expected)
    {
        Write("x_invocations.csv", invocations);
        Write("x_memory.csv", memory);
        var error = Assert.Throws<TraceException>(() => TraceReader.Read(_folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Results_are_one_line_of_json_under_the_name_of_the_policy()
    {
        var line = Report.Line(Run(Trace(3, [0, 2]), new FixedKeepAlive(TimeSpan.FromMinutes(1))));
        Assert.StartsWith("{\"policy\":\"test\",\"cold\":2,\"idleGBMin\":1,", line, StringComparison.Ordinal);
        Assert.Single(Lineup.All, run => run.Name == "default");
    }

    private static SimulationResult Run(Trace trace, IKeepAlivePolicy policy) => Simulation.Run(trace, new PolicyRun("test", policy), activationMs: 8);

    // Functions of 1 GB, each with the minutes in which it is called.
    private static Trace Trace(int minutes, params int[][] called) =>
        new([.. called.Select((at, i) => new TraceFunction($"f{i}", 1024, [.. Enumerable.Range(0, minutes).Select(m => at.Contains(m) ? 1 : 0)]))], minutes);

    private void Write(string file, params string[] lines) => File.WriteAllLines(Path.Combine(_folder, file), lines);
}
