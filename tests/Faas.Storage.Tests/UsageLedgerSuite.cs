using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>What every <see cref="IUsageLedger"/> must do.</summary>
public abstract class UsageLedgerSuite
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IUsageLedger Ledger { get; }

    [Fact]
    public async Task A_record_comes_back_as_it_was_stored()
    {
        var record = Usage("a", cost: 0.123456789012m) with { Outcome = InvocationError.Crashed, Blame = Blame.Function, Status = 500 };
        await Ledger.IngestAsync(new("boot", 0, 0, 1), [record], Ct);
        Assert.Equal(record, Assert.Single(await Ledger.ListAsync(null, null, 10, Ct)));
    }

    [Fact]
    public async Task A_batch_that_arrives_twice_is_counted_once()
    {
        UsageRecord[] batch = [Usage("a"), Usage("b")];
        Assert.Equal(96, await Ledger.IngestAsync(new("boot", 0, 0, 96), batch, Ct));
        Assert.Equal(96, await Ledger.IngestAsync(new("boot", 0, 0, 96), batch, Ct));
        Assert.Equal(96, await Ledger.IngestAsync(new("boot", 0, 0, 48), [Usage("a")], Ct));

        Assert.Equal(2, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
        Assert.Equal(2, (await Ledger.ListAsync(null, null, 10, Ct)).Count);
    }

    [Fact]
    public async Task A_batch_that_arrives_many_times_at_once_is_counted_once()
    {
        UsageRecord[] batch = [Usage("a"), Usage("b")];
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => Ledger.IngestAsync(new("boot", 0, 0, 96), batch, Ct), Ct)));
        Assert.Equal(2, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task Boots_and_segments_have_positions_of_their_own()
    {
        await Ledger.IngestAsync(new("boot", 0, 0, 48), [Usage("a")], Ct);
        await Ledger.IngestAsync(new("boot", 1, 0, 48), [Usage("b")], Ct);
        await Ledger.IngestAsync(new("other", 0, 0, 48), [Usage("c")], Ct);
        Assert.Equal(3, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task A_segment_that_is_not_known_may_begin_anywhere()
    {
        Assert.Equal(112, await Ledger.IngestAsync(new("boot", 0, 64, 112), [Usage("a")], Ct));
    }

    [Theory]
    [InlineData(48, 144)]
    [InlineData(192, 240)]
    public async Task A_batch_that_does_not_begin_where_the_last_one_ended_is_refused_with_the_stored_offset(long from, long to)
    {
        await Ledger.IngestAsync(new("boot", 0, 0, 96), [Usage("a"), Usage("b")], Ct);

        var gap = await Assert.ThrowsAsync<UsageGapException>(() => Ledger.IngestAsync(new("boot", 0, from, to), [Usage("c")], Ct));

        Assert.Equal(96, gap.Stored);
        Assert.Equal(2, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
        Assert.Equal(144, await Ledger.IngestAsync(new("boot", 0, 96, 144), [Usage("c")], Ct));
    }

    [Fact]
    public async Task A_batch_that_cannot_be_stored_leaves_nothing_behind_and_can_be_sent_again()
    {
        var position = new UsagePosition("boot", 0, 0, 96);
        await Assert.ThrowsAsync<OverflowException>(() => Ledger.IngestAsync(position, [Usage("a"), Usage("b", cost: 10_000_000m)], Ct));
        Assert.Empty(await Ledger.ListAsync(null, null, 10, Ct));
        Assert.Empty(await Ledger.TotalsAsync(Ct));

        await Ledger.IngestAsync(position, [Usage("a"), Usage("b")], Ct);
        Assert.Equal(2, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task Totals_add_up_per_function()
    {
        await Ledger.IngestAsync(
            new("boot", 0, 0, 3),
            [
                Usage("a", "one", 0.1m),
                Usage("b", "one", 0.2m) with { Outcome = InvocationError.Timeout, Cold = TimeSpan.Zero },
                Usage("c", "two", 0.4m),
            ],
            Ct);
        await Ledger.IngestAsync(new("boot", 0, 3, 4), [Usage("d", "one", 0.000000000001m)], Ct);

        var totals = await Ledger.TotalsAsync(Ct);
        Assert.Equal(["one", "two"], totals.Keys.Order());
        Assert.Equal(new UsageTotals(3, 1, 2, 6, 0.0015, 30, 60, 0.300000000001m, "USD") { Billed = 3 }, totals["one"]);
        Assert.Equal(totals["one"], await Ledger.TotalsAsync("one", Ct));
    }

    [Fact]
    public async Task A_total_is_exactly_the_sum_of_its_records_even_below_a_pico_unit()
    {
        var costs = Enumerable.Range(1, 100).Select(i => i * 0.00000000020833375m).ToList();
        await Ledger.IngestAsync(new("boot", 0, 0, 100), [.. costs.Select((cost, i) => Usage($"{i}", cost: cost))], Ct);
        var records = await Ledger.ListAsync(null, null, 1000, Ct);
        Assert.Equal(records.Sum(record => record.Cost), (await Ledger.TotalsAsync("hello", Ct)).Cost);
    }

    [Fact]
    public async Task A_function_that_was_never_invoked_has_totals_of_zero()
    {
        Assert.Equal(new UsageTotals(0, 0, 0, 0, 0, 0, 0, 0, "USD"), await Ledger.TotalsAsync("nobody", Ct));
    }

    [Fact]
    public async Task The_newest_records_come_first_whatever_order_they_were_ingested_in()
    {
        await Ledger.IngestAsync(new("boot", 0, 0, 3), [Usage("b", second: 2), Usage("c", second: 3), Usage("a", second: 1)], Ct);
        Assert.Equal(["c", "b"], (await Ledger.ListAsync(null, null, 2, Ct)).Select(record => record.InvocationId));
    }

    [Fact]
    public async Task Records_are_found_by_function_and_by_invocation()
    {
        await Ledger.IngestAsync(new("boot", 0, 0, 3), [Usage("same", "one"), Usage("same", "two"), Usage("other", "two")], Ct);
        Assert.Equal(2, (await Ledger.ListAsync("two", null, 10, Ct)).Count);
        Assert.Equal(2, (await Ledger.ListAsync(null, "same", 10, Ct)).Count);
        Assert.Equal("one", Assert.Single(await Ledger.ListAsync("one", "same", 10, Ct)).Function);
        Assert.Empty(await Ledger.ListAsync("one", "other", 10, Ct));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public async Task A_list_without_a_sensible_limit_is_refused(int limit)
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ledger.ListAsync(null, null, limit, Ct));
    }

    [Fact]
    public async Task Pruning_removes_old_records_and_leaves_totals_and_positions()
    {
        UsageRecord[] batch = [.. Enumerable.Range(0, 5000).Select(i => Usage($"{i}", second: i))];
        await Ledger.IngestAsync(new("boot", 0, 0, 5000), batch, Ct);

        Assert.Equal(4999, await Ledger.PruneAsync(Noon.AddSeconds(4999), Ct));

        Assert.Equal("4999", Assert.Single(await Ledger.ListAsync(null, null, 10, Ct)).InvocationId);
        await Ledger.IngestAsync(new("boot", 0, 0, 5000), batch, Ct);
        Assert.Equal(5000, (await Ledger.TotalsAsync("hello", Ct)).Invocations);
    }
}
