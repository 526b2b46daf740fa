using System.Globalization;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What each invocation used, and what it cost.</summary>
[Collection("process")]
public sealed class MeteringTests(ProcessPlatform platform) : PlatformTests(platform)
{
    [Fact]
    public async Task Each_invocation_has_exactly_one_record()
    {
        var name = await DeployAsync("count");
        for (var i = 0; i < 25; i++)
        {
            await Platform.CallAsync($"{name}/ok", callId: $"{name}-{i}").TextAsync();
        }

        var records = await RecordsAsync(name, 25);
        Assert.Equal(25, records.Select(record => record.InvocationId).Distinct().Count());
        Assert.All(records, record =>
        {
            Assert.Equal(name, record.Function);
            Assert.NotEmpty(record.Revision);
            Assert.NotEmpty(record.Instance);
            Assert.Equal(128, record.MemoryMiB);
            Assert.Equal((200, InvocationError.None, Blame.None), (record.Status, record.Outcome, record.Blame));
            Assert.True(record.BytesOut > 0);
            Assert.Equal((long)Math.Ceiling(record.Run.TotalMilliseconds), record.BilledMs);
            Assert.Equal(record.BilledMs / 1000.0 * record.MemoryMiB / 1024, record.GiBSeconds, 9);
        });
        var one = Assert.Single(await Admin.InvocationsAsync($"id={name}-7"));
        Assert.Equal($"{name}-7", one.InvocationId);
    }

    [Fact]
    public async Task Cost_is_so_much_a_request_and_so_much_a_gib_second()
    {
        var name = await DeployAsync("cost");
        foreach (var seconds in (string[])["0", "0.3", "1", "0.6"])
        {
            await Platform.CallAsync($"{name}/slow?seconds={seconds}").TextAsync();
        }

        // Two records give the table's two prices; the others must agree with them.
        var records = (await RecordsAsync(name, 4)).OrderBy(record => record.GiBSeconds).ToList();
        var (least, most) = (records[0], records[^1]);
        var perGiBSecond = (double)(most.Cost - least.Cost) / (most.GiBSeconds - least.GiBSeconds);
        var perRequest = (double)least.Cost - (least.GiBSeconds * perGiBSecond);
        Assert.InRange(perGiBSecond, 1e-7, 1e-3);
        Assert.InRange(perRequest, 1e-9, 1e-4);
        Assert.All(records, record => Assert.Equal(perRequest + (record.GiBSeconds * perGiBSecond), (double)record.Cost, 1e-10));

        var totals = (await Admin.DescribeAsync(name)).Totals;
        Assert.Equal(records.Sum(record => record.Cost), totals.Cost);
        Assert.Equal(records.Sum(record => record.BilledMs), totals.BilledMs);
        Assert.Equal(records.Sum(record => record.GiBSeconds), totals.GiBSeconds, 9);
        Assert.Equal(3, totals.Currency.Length);
    }

    [Fact]
    public async Task Failures_are_recorded_with_their_outcome_and_whom_to_blame()
    {
        var name = await DeployAsync("blame");
        using var thrown = await Platform.CallAsync($"{name}/throw", callId: $"{name}-throw");
        using var loop = await Platform.CallAsync($"{name}/loop", callId: $"{name}-loop");
        using var ok = await Platform.CallAsync($"{name}/ok", callId: $"{name}-ok");

        var records = (await RecordsAsync(name, 3)).ToDictionary(record => record.InvocationId);
        Assert.Equal((InvocationError.Crashed, Blame.Function), OutcomeOf(records[$"{name}-throw"]));
        Assert.Equal((InvocationError.Timeout, Blame.Function), OutcomeOf(records[$"{name}-loop"]));
        Assert.Equal((InvocationError.None, Blame.None), OutcomeOf(records[$"{name}-ok"]));
        Assert.InRange(records[$"{name}-loop"].BilledMs, 1_500, 60_000);   // it ran until its timeout of two seconds
        var totals = (await Admin.DescribeAsync(name)).Totals;
        Assert.Equal((3, 2), (totals.Invocations, totals.Errors));
    }

    [Fact]
    public async Task What_an_answer_says_that_it_costs_is_what_the_ledger_has()
    {
        var name = await DeployAsync("said");
        var said = new Dictionary<string, (string Cost, string BilledMs)>();
        foreach (var path in (string[])["ok", "throw", "loop", "slow?seconds=0.1", "not-json"])
        {
            using var response = await Platform.CallAsync($"{name}/{path}", callId: $"{name}-{said.Count}");
            said[$"{name}-{said.Count}"] = (Assert.Single(response.Headers.GetValues("X-Faas-Cost")), Assert.Single(response.Headers.GetValues("X-Faas-Billed-Ms")));
        }

        foreach (var record in await RecordsAsync(name, said.Count))
        {
            Assert.Equal(said[record.InvocationId], (string.Create(CultureInfo.InvariantCulture, $"{record.Cost:0.############} USD"), $"{record.BilledMs}"));
        }
    }

    [Fact]
    public async Task Bytes_are_counted_both_ways()
    {
        var name = TestFunctions.NewName("bytes");
        await Platform.DeployAsync(name, "size.js");
        Assert.Equal("5000", await Platform.PostAsync(name, new string('x', 5000), "text/plain").TextAsync());
        var record = Assert.Single(await RecordsAsync(name, 1));
        Assert.Equal((5000, 4), (record.BytesIn, record.BytesOut));
    }

    [Fact]
    public async Task A_start_up_is_not_charged_to_the_function()
    {
        var name = TestFunctions.NewName("charge");
        var (spec, bundle) = TestFunctions.Python(name, "import time\ntime.sleep(3)\n\ndef handler(e, c): return 'done'\n");
        await Admin.DeployAsync(spec with { Timeout = TimeSpan.FromSeconds(2), KeepAlive = TimeSpan.FromSeconds(1) }, bundle);
        await Admin.InstancesAsync(name, 0);

        using var response = await Platform.CallAsync(name);
        Assert.Equal("done", await response.Content.ReadAsStringAsync(Stop));
        var record = Assert.Single(await RecordsAsync(name, 1));
        Assert.True(record.Cold >= TimeSpan.FromSeconds(3), $"cold {record.Cold}");
        Assert.True(record.Run < TimeSpan.FromSeconds(2), $"run {record.Run}");
    }

    [Fact]
    public async Task Records_say_cold_and_warm_apart()
    {
        var name = TestFunctions.NewName("apart");
        await Platform.DeployAsync(name, "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(3) });   // longer than a machine stands still between two calls
        await Admin.InstancesAsync(name, 0);
        await Platform.CallAsync(name, callId: $"{name}-cold").TextAsync();
        await Platform.CallAsync(name, callId: $"{name}-warm").TextAsync();

        var records = (await RecordsAsync(name, 2)).ToDictionary(record => record.InvocationId);
        Assert.True(records[$"{name}-cold"].Cold > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, records[$"{name}-warm"].Cold);
        Assert.Equal(1, (await Admin.DescribeAsync(name)).Totals.ColdStarts);
    }

    private static (InvocationError Outcome, Blame Blame) OutcomeOf(UsageRecord record) => (record.Outcome, record.Blame);

    private async Task<string> DeployAsync(string prefix)
    {
        var name = TestFunctions.NewName(prefix);
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { Timeout = TimeSpan.FromSeconds(2) });
        return name;
    }

    private async Task<IReadOnlyList<UsageRecord>> RecordsAsync(string name, int count)
    {
        IReadOnlyList<UsageRecord> records = [];
        await Eventually.HoldsAsync(
            $"{count} records of {name}", async () => (records = await Admin.InvocationsAsync($"function={name}&limit=1000")).Count >= count);
        Assert.Equal(count, records.Count);
        return records;
    }
}
