using Faas.Cli.Watching;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary>What two readings of the load say, and how it is laid out.</summary>
public sealed class LoadViewTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    [Fact]
    public void Requests_a_second_are_the_difference_of_two_readings_over_their_time()
    {
        var change = new LoadChange(Load(1000, Function("a", arrivals: 100)), Load(1500, Function("a", arrivals: 150)));
        Assert.Equal(100, Assert.Single(change.Functions(null, FunctionOrder.Load)).Rate);
    }

    [Fact]
    public void A_counter_that_went_down_or_is_of_another_revision_or_new_has_no_rate()
    {
        var before = Load(1000, Function("down", arrivals: 100), Function("deployed", arrivals: 1));
        var change = new LoadChange(before, Load(2000, Function("down", arrivals: 99), Function("deployed", arrivals: 50) with { Revision = "rev-2" }, Function("new", arrivals: 5)));
        Assert.All(change.Functions(null, FunctionOrder.Name), activity => Assert.Null(activity.Rate));
        Assert.All(new LoadChange(null, before).Functions(null, FunctionOrder.Name), activity => Assert.Null(activity.Rate));
        Assert.All(new LoadChange(before, before).Functions(null, FunctionOrder.Name), activity => Assert.Null(activity.Rate));
    }

    [Fact]
    public void Cores_are_as_busy_as_they_were_not_idle_between_two_readings()
    {
        Assert.Equal(0.75, new LoadChange(Load(1000) with { IdleMs = 4000 }, Load(2000) with { IdleMs = 4500 }).Busy);
        Assert.Equal(0, new LoadChange(Load(1000), Load(2000) with { IdleMs = 99_000 }).Busy);
        Assert.Null(new LoadChange(null, Load(1000)).Busy);
        Assert.Null(new LoadChange(Load(2000) with { IdleMs = 1 }, Load(1000)).Busy);
        Assert.Null(new LoadChange(Load(1000) with { IdleMs = 2 }, Load(2000) with { IdleMs = 1 }).Busy);
    }

    [Theory]
    [InlineData("Load", "waits fast slow idle untouched")]
    [InlineData("Name", "fast idle slow untouched waits")]
    [InlineData("Rate", "fast slow waits idle untouched")]
    [InlineData("Cold", "idle slow waits fast untouched")]
    [InlineData("Memory", "slow waits fast idle untouched")]
    public void Functions_are_sorted_by_what_was_asked_for_and_without_a_figure_they_come_last(string order, string expected)
    {
        PlatformLoad At(long ms, int seconds) => Load(
            ms,
            Function("untouched") with { Invocations = 0, Instances = 0 },
            Function("idle") with { ColdStarts = 7, Instances = 0 },
            Function("fast", arrivals: 90 * seconds) with { ColdStarts = 0, Instances = 1 },
            Function("slow", arrivals: 3 * seconds) with { ColdStarts = 3, Instances = 4 },
            Function("waits", arrivals: seconds, running: 1, waiting: 1) with { ColdStarts = 1, Instances = 2 });
        var functions = new LoadChange(At(1000, 1), At(2000, 2)).Functions(null, Enum.Parse<FunctionOrder>(order));
        Assert.Equal(expected, string.Join(' ', functions.Select(activity => activity.Function.Name)));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void Every_line_fits_the_terminal_and_the_column_that_is_sorted_by_is_the_last_to_give_way(int columns)
    {
        var decision = new ScalingDecision(Now.AddSeconds(-3), "started 2", "9 waiting, 80 ms each on 4: " + new string('y', 300), 4);
        PlatformLoad[] loads = [.. Enumerable.Range(1, 2).Select(second => Load(
            second * 1000, Function("checkout") with { Load = new FunctionLoad(1, 1, 1, 1, 1, 12345, 1, 80, second, decision) }, Function(new string('x', 63))))];
        var lines = new LoadView(null, FunctionOrder.Cold).Lines(new LoadChange(loads[0], loads[1]), Now, (columns, 24));
        Assert.All(lines, line => Assert.InRange(line.Text.Length, 0, columns));
        Assert.Equal(8, lines.Count);
        Assert.Equal(columns >= 120, lines[5].Text.Contains("COLD", StringComparison.Ordinal));
        Assert.Equal(columns >= 120, lines[5].Text.Contains("LAST DECISION", StringComparison.Ordinal));
        Assert.Equal(columns >= 120, lines[6].Text.Contains("started 2 x4: 9 wa", StringComparison.Ordinal));
        Assert.Equal(columns >= 200, lines[6].Text.Contains("3 s ago", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_as_many_functions_are_shown_as_the_terminal_has_rows_for()
    {
        var change = new LoadChange(null, Load(1000, [.. Enumerable.Range(10, 30).Select(number => Function($"f{number}"))]));
        var lines = new LoadView(null, FunctionOrder.Name).Lines(change, Now, (80, 20));
        Assert.Equal(20, lines.Count);
        Assert.StartsWith("f22 ", lines[^2].Text, StringComparison.Ordinal);
        Assert.Equal("... and 17 more (faas list)", lines[^1].Text);
        Assert.Equal(3, new LoadView(null, FunctionOrder.Name).Lines(change, Now, (80, 3)).Count);

        var fits = new LoadView(null, FunctionOrder.Name).Lines(change, Now, (80, 36));
        Assert.StartsWith("f39 ", fits[^1].Text, StringComparison.Ordinal);
        Assert.Equal(36, fits.Count);
        Assert.Equal(fits.Count, new LoadView(null, FunctionOrder.Name).Lines(change, Now, size: null).Count);
    }

    [Fact]
    public void A_view_without_functions_says_why()
    {
        Assert.Equal("There are no functions yet.", new LoadView("x", FunctionOrder.Load).Lines(new LoadChange(null, Load(1)), Now, null)[^1].Text);
        Assert.Equal("No function's name contains 'x'.", new LoadView("x", FunctionOrder.Load).Lines(new LoadChange(null, Load(1, Function("a"))), Now, null)[^1].Text);
    }

    [Fact]
    public void The_machine_is_above_the_functions()
    {
        var change = new LoadChange(Load(1000) with { IdleMs = 0 }, Load(2000) with { IdleMs = 500, Stems = new Dictionary<string, int> { ["python"] = 2, ["node"] = 1 } });
        Assert.Equal(
            [
                "cores      [|||||||||||||||     ]  75% of 2 cores busy",
                "memory     [|||||               ]  25% in use, 6.0 GiB of 8.0 GiB available",
                "instances  [||||||||||          ]  50% allotted, 512 MiB of 1.0 GiB",
                "stems      node 1, python 2",
            ],
            new LoadView(null, FunctionOrder.Load).Lines(change, Now, null).Take(4).Select(line => line.Text));
        Assert.Contains("]    - of 2 cores busy", new LoadView(null, FunctionOrder.Load).Lines(new LoadChange(null, Load(1)), Now, null)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_and_what_fails_stands_out()
    {
        var change = new LoadChange(null, Load(1, Function("a", waiting: 1), Function("b") with { State = "failing" }, Function("c") with { Instances = 0 }, Function("d")));
        Assert.Equal(
            [ViewTone.Waiting, ViewTone.Failing, ViewTone.Faint, ViewTone.Plain],
            new LoadView(null, FunctionOrder.Name).Lines(change, Now, null).Skip(6).Select(line => line.Tone));
    }

    private static PlatformLoad Load(long atMs, params FunctionSummary[] functions) => AdminApi.Load(functions) with { AtMs = atMs };

    private static FunctionSummary Function(string name, long arrivals = 0, int running = 0, int waiting = 0) =>
        AdminApi.Summary(name) with { Load = new FunctionLoad(running, 1, 0, 0, 0, waiting, running, 0, arrivals, null) };
}
