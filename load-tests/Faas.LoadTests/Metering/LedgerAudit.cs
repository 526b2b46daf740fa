using Faas.Contracts.Api;
using Faas.Contracts.Hosting;
using Faas.Storage;

namespace Faas.LoadTests.Metering;

/// <summary>
/// Reads every raw record and compares: with the calls, with the sums by minute, hour and day, with the totals, and with the bill. It reads the database beside the controller, as SQLite's log
/// lets any number of readers do, and writes nothing.
/// </summary>
internal sealed class LedgerAudit(Target target, CallBook book)
{
    private const double MiBMsPerGiBSecond = 1024 * 1000;

    private readonly Dictionary<string, Sum> _functions = new(StringComparer.Ordinal);
    private readonly List<string> _disagreements = [];
    private Sum _raw;
    private DateTimeOffset _first = DateTimeOffset.MaxValue;
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>Which sums are not the sum of the records; empty when all are.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        await using var store = await SqliteStore.OpenAsync(target.Folder.Database, "USD", cancellationToken);
        await store.VisitAsync(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1000), long.MaxValue, Take, cancellationToken);
        if (_raw.Records == 0)
        {
            return _disagreements;
        }

        foreach (var period in Enum.GetValues<UsagePeriod>())
        {
            var sums = await store.SumsAsync(period, _first.AddSeconds(-(long)period), _last.AddSeconds(1), cancellationToken);
            Compare($"sums by {period}".ToLowerInvariant(), _raw, sums.Aggregate(default(Sum), (sum, one) => sum + Sum.Of(one.Totals)));
            foreach (var function in sums.GroupBy(one => one.Function))
            {
                Compare($"sums of {function.Key} by {period}", _functions.GetValueOrDefault(function.Key), function.Aggregate(default(Sum), (sum, one) => sum + Sum.Of(one.Totals)));
            }
        }

        foreach (var (function, totals) in await store.TotalsAsync(cancellationToken))
        {
            Compare($"totals of {function}", _functions.GetValueOrDefault(function), Sum.Of(totals));
        }

        await CompareBillAsync(cancellationToken);
        return _disagreements;
    }

    private async Task CompareBillAsync(CancellationToken cancellationToken)
    {
        var billed = (Invocations: 0L, Cost: 0m);
        for (var month = new DateOnly(_first.Year, _first.Month, 1); month <= DateOnly.FromDateTime(_last.UtcDateTime); month = month.AddMonths(1))
        {
            var bill = (await target.FindAsync<Bill>($"/v1/bill?month={month:yyyy-MM}", cancellationToken))!;
            billed = (billed.Invocations + bill.Lines.Sum(line => line.Billed), billed.Cost + bill.Cost);
        }

        if (billed != (_raw.Billed, _raw.Cost))
        {
            _disagreements.Add($"the bill: {billed}, and records {(_raw.Billed, _raw.Cost)}");
        }
    }

    private void Take(in UsageLine line)
    {
        var sum = new Sum(1, line.BilledMs > 0 ? 1 : 0, line.BilledMs, line.BilledMs * line.MemoryMiB, line.BytesOut, PicoMoney.ToAmount(line.CostPico));
        var function = System.Text.Encoding.UTF8.GetString(line.Function);
        _functions[function] = _functions.GetValueOrDefault(function) + sum;
        _raw += sum;
        var received = DateTimeOffset.UnixEpoch.AddMicroseconds(line.ReceivedUs);
        (_first, _last) = (received < _first ? received : _first, received > _last ? received : _last);
        book.CountRecord(line.InvocationId);
    }

    private void Compare(string what, Sum records, Sum stored)
    {
        if (records != stored)
        {
            _disagreements.Add($"{what}: {stored}, and records {records}");
        }
    }

    /// <summary>What is added up of records.</summary>
    private readonly record struct Sum(long Records, long Billed, long BilledMs, long MiBMs, long BytesOut, decimal Cost)
    {
        public static Sum operator +(Sum one, Sum other) => new(
            one.Records + other.Records, one.Billed + other.Billed, one.BilledMs + other.BilledMs, one.MiBMs + other.MiBMs, one.BytesOut + other.BytesOut, one.Cost + other.Cost);

        public static Sum Of(UsageTotals totals) => new(
            totals.Invocations, totals.Billed, totals.BilledMs, (long)Math.Round(totals.GiBSeconds * MiBMsPerGiBSecond), totals.BytesOut, totals.Cost);
    }
}
