using System.Text.Json;
using System.Threading.Channels;
using Faas.Contracts.Hosting;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Controller.Metering;
using Faas.Controller.Metrics;
using Faas.Controller.Scaling;
using Faas.Controller.Tests.Metering;
using Faas.Link;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Faas.Controller.Tests.Metering.UsageBatches;

namespace Faas.Controller.Tests.Metrics;

/// <summary>However records come in - batched, repeated, late, after failures and restarts - the sum of the records is every aggregate is the counters is the bill.</summary>
public sealed class UsageMetricsTests : IDisposable
{
    private const int FunctionsMax = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-metrics-").FullName;
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    private readonly Deployments _deployments = new() { Names = { "f0", "f1", "f2", "f3", "f4" } };
    private readonly List<(long From, UsageEntry Entry)> _sent = [];
    private readonly Dictionary<string, decimal> _last = [];
    private Running _running = null!;   // started before it is used
    private int _counted;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_counters_are_the_sum_of_the_records_however_they_came_in(int seed)
    {
        var random = new Random(seed);
        _running = await StartAsync();
        for (var step = 0; step < 40; step++)
        {
            switch (random.Next(10))
            {
                case 0:
                    await _running.DisposeAsync();
                    _running = await StartAsync();
                    break;
                case 1:
                    _running.Ledger.Failures = random.Next(1, 4);
                    break;
                case 2:
                    _clock.Advance(TimeSpan.FromHours(random.Next(1, 40)));
                    break;
                case 3:
                    var name = $"f{random.Next(5)}";
                    _ = _deployments.Names.Remove(name) || _deployments.Names.Add(name);
                    break;
            }

            await SendAsync(random);
            if (step % 3 == 0)
            {
                await CompareAsync();
            }
        }

        await CompareAsync();
        await _running.DisposeAsync();
    }

    /// <summary>Sends new records, after some of the old ones, in batches of any size: as a gateway does that has not heard what was stored.</summary>
    private async Task SendAsync(Random random)
    {
        var first = Math.Max(0, _sent.Count - random.Next(30));
        for (var i = random.Next(1, 200); i > 0; i--)
        {
            var from = _sent.Count == 0 ? 64 : EndOf(_sent[^1]);
            _sent.Add((from, NewEntry(random)));
        }

        // Where the ledger has another position than a batch, it says where to go on, and the gateway does.
        for (var at = first; at < _sent.Count;)
        {
            SendFrom(at, random);
            var stored = await _running.UntilIdleAsync(this);
            at = _sent.TakeWhile(sent => sent.From < stored).Count();
        }
    }

    private void SendFrom(int at, Random random)
    {
        while (at < _sent.Count)
        {
            var count = Math.Min(random.Next(1, 60), _sent.Count - at);
            _running.Ingest.Enqueue(ReportedUsage.Of(Batch(_sent[at].From, EndOf(_sent[at + count - 1]), [.. _sent.Skip(at).Take(count).Select(sent => sent.Entry)])));
            if (random.Next(4) > 0)
            {
                at += count;   // or again, or more or less of it
            }
        }
    }

    private UsageEntry NewEntry(Random random)
    {
        var outcome = random.Next(3) > 0 ? InvocationError.None : (InvocationError)random.Next(1, 12);
        var daysAgo = random.Next(50) == 0 ? random.Next(30) : random.Next(2);
        return Entry($"call-{_sent.Count}", runUs: random.Next(3) == 0 ? random.Next(90_000_000) : random.Next(5000), outcome, instance: random.Next(5) > 0 ? "i1" : "") with
        {
            Function = $"f{random.Next(7)}", Revision = $"r{random.Next(2)}", MemoryMiB = 128 << random.Next(3),
            ReceivedUnixUs = (_clock.GetUtcNow().AddDays(-daysAgo).ToUnixTimeMilliseconds() * 1000) + random.Next(1000),
            QueuedUs = random.Next(2) * random.Next(100_000), ColdUs = random.Next(2) * random.Next(500_000),
            BytesIn = random.Next(100_000), BytesOut = random.Next(100_000), CpuUs = (uint)random.Next(3_000_000), PeakKiB = (uint)random.Next(1 << 20),
        };
    }

    private async Task CompareAsync()
    {
        var scraped = await _running.ScrapeAsync();
        var records = await RecordsAsync();
        Assert.Equal(_sent.Count, records.Count);
        CompareSums(scraped, records);
        foreach (var (function, totals) in await _running.Ledger.Store.TotalsAsync(Ct))
        {
            var own = records.Where(record => record.Function == function).ToList();
            Assert.Equal((totals.Invocations, totals.Cost), (own.Count, own.Sum(record => record.Cost)));
            if (scraped.Of("faas_invocations_total", ("function", function)).Any())
            {
                CompareSums(scraped, own, ("function", function));
            }
        }

        foreach (var group in records.GroupBy(record => (record.Outcome, record.Blame)))
        {
            (string, string)[] labels = [("outcome", JsonNamingPolicy.CamelCase.ConvertName($"{group.Key.Outcome}")), ("blame", JsonNamingPolicy.CamelCase.ConvertName($"{group.Key.Blame}"))];
            Assert.Equal(group.Count(), scraped.Sum("faas_invocations_total", labels));
        }

        Assert.InRange(scraped.Of("faas_invocations_total").Select(series => series.Labels["function"]).Distinct().Count(), 1, FunctionsMax + 1);
        CompareHistograms(scraped);
        NothingFalls(scraped);
    }

    private static void CompareSums(ScrapedText scraped, List<UsageRecord> records, params (string, string)[] labels)
    {
        Assert.Equal(records.Count, scraped.Sum("faas_invocations_total", labels));
        Assert.Equal(records.Count(record => record.Cold > TimeSpan.Zero), scraped.Sum("faas_cold_starts_total", labels));
        Assert.Equal(records.Sum(record => record.BilledMs) / 1000m, scraped.Sum("faas_billed_seconds_total", labels));
        Assert.Equal(records.Sum(record => record.BilledMs * record.MemoryMiB) / 1_024_000m, scraped.Sum("faas_billed_gib_seconds_total", labels));
        Assert.Equal(records.Sum(record => record.Cpu.Ticks) / 10_000_000m, scraped.Sum("faas_cpu_seconds_total", labels));
        Assert.Equal(records.Sum(record => record.BytesIn), scraped.Sum("faas_request_bytes_total", labels));
        Assert.Equal(records.Sum(record => record.BytesOut), scraped.Sum("faas_response_bytes_total", labels));
        Assert.Equal(records.Sum(record => record.Cost), scraped.Sum("faas_cost_total", labels));
    }

    /// <summary>What came in since the start of this controller, each once.</summary>
    private void CompareHistograms(ScrapedText scraped)
    {
        var entries = _sent.Skip(_counted).Select(sent => sent.Entry).ToList();
        var ran = entries.Where(entry => entry.Instance.Length > 0).ToList();
        Assert.Equal(ran.Count, scraped.Sum("faas_invocation_duration_seconds_count"));
        Assert.Equal(ran.Sum(entry => entry.RunUs) / 1_000_000m, scraped.Sum("faas_invocation_duration_seconds_sum"));
        Assert.Equal(ran.Count(entry => entry.RunUs <= 2_500), scraped.Sum("faas_invocation_duration_seconds_bucket", ("le", "0.0025")));
        Assert.Equal(ran.Count(entry => entry.RunUs <= 60_000_000), scraped.Sum("faas_invocation_duration_seconds_bucket", ("le", "60")));
        Assert.Equal(ran.Count, scraped.Sum("faas_invocation_duration_seconds_bucket", ("le", "+Inf")));
        Assert.Equal(entries.Count(entry => entry.QueuedUs > 0), scraped.Sum("faas_invocation_queue_seconds_count"));
        Assert.Equal(entries.Sum(entry => entry.ColdUs) / 1_000_000m, scraped.Sum("faas_invocation_cold_start_seconds_sum"));
    }

    /// <summary>A series that goes on never falls, restarts or not, or Prometheus would count its whole past again. (Histograms begin anew with the process.)</summary>
    private void NothingFalls(ScrapedText scraped)
    {
        foreach (var series in scraped.Series.Where(series => series.Name.EndsWith("_total", StringComparison.Ordinal)))
        {
            var key = $"{series.Name} {string.Join(',', series.Labels)}";
            Assert.True(series.Value >= _last.GetValueOrDefault(key), $"{key} fell from {_last.GetValueOrDefault(key)} to {series.Value}");
            _last[key] = series.Value;
        }
    }

    private async Task<List<UsageRecord>> RecordsAsync()
    {
        var records = new List<UsageRecord>();
        for (var function = 0; function < 7; function++)
        {
            records.AddRange(await _running.Ledger.Store.ListAsync($"f{function}", null, 10_000, Ct));
        }

        return records;
    }

    private static long EndOf((long From, UsageEntry Entry) sent) => sent.From + BytesOf(sent.Entry).Length;

    private async Task<Running> StartAsync()
    {
        _counted = _sent.Count;
        var ledger = new BreakableLedger(await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct));
        var link = new FleetLink(new FleetTable(new GatewayOutbox(), new Dictionary<string, RememberedActivity>(), _clock), new GatewayLimits(), _clock);
        var messages = link.Connect("test").Reader;
        var ingest = new UsageIngest(ledger, PriceBooks.Default(), new DataFolder(_folder), link, NullLogger<UsageIngest>.Instance, _clock);
        await ingest.StartAsync(Ct);
        var section = new UsageSection(ledger.Store.Counters, ingest.Histograms, _deployments, PriceBooks.Default(), _clock);
        return new Running(ledger, ingest, messages, section, new FunctionLabels(FunctionsMax, _clock));
    }

    /// <summary>A controller's metering from its start to its end.</summary>
    private sealed record Running(BreakableLedger Ledger, UsageIngest Ingest, ChannelReader<ControllerMessage> Messages, UsageSection Section, FunctionLabels Labels) : IAsyncDisposable
    {
        public async Task<ScrapedText> ScrapeAsync()
        {
            var text = new MetricsText();
            await Section.WriteAsync(text, Labels, Ct);
            return new ScrapedText(text);
        }

        /// <summary>Up to where the ledger says it has everything, when nothing is under way any more. Meanwhile time passes, for what is tried again later.</summary>
        public async Task<long> UntilIdleAsync(UsageMetricsTests tests)
        {
            using var limit = new CancellationTokenSource(Patience);
            do
            {
                limit.Token.ThrowIfCancellationRequested();
                tests._clock.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
            while (Ingest.Waiting > 0 || Ingest.Lag > TimeSpan.Zero);

            var stored = 0L;
            while (Messages.TryRead(out var message))
            {
                stored = message.UsageAck?.To ?? stored;
            }

            return stored;
        }

        public async ValueTask DisposeAsync()
        {
            await Ingest.StopAsync(CancellationToken.None);
            Ingest.Dispose();
            await Ledger.Store.DisposeAsync();
        }
    }
}
