using Faas.Storage;

namespace Faas.Controller.Metrics;

/// <summary>
/// Collects all series. One scrape reads at a time, so that what belongs together is of one moment and many scrapers cost no more memory than few; the answers are sent side by side.
/// </summary>
internal sealed partial class Scrape(IEnumerable<IMetricSection> sections, MetricsOptions options, TimeProvider time, ILogger<Scrape> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly IMetricSection[] _sections = [.. sections];
    private readonly FunctionLabels _labels = new(options.FunctionsMax, time);

    /// <summary>A text to be used again.</summary>
    private MetricsText? _idle;

    /// <summary>Collects. To be given back by <see cref="Return"/>.</summary>
    public async Task<MetricsText> CollectAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var text = Interlocked.Exchange(ref _idle, null) ?? new MetricsText();
            text.Truncate(0);
            var results = new (bool IsGood, TimeSpan Took)[_sections.Length];
            for (var i = 0; i < _sections.Length; i++)
            {
                var began = time.GetTimestamp();
                results[i] = (await TryWriteAsync(_sections[i], text, ct), time.GetElapsedTime(began));
            }

            WriteResults(text, results);
            return text;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The text was sent.</summary>
    public void Return(MetricsText text) => _idle = text;

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<bool> TryWriteAsync(IMetricSection section, MetricsText text, CancellationToken ct)
    {
        var before = text.Length;
        try
        {
            await section.WriteAsync(text, _labels, ct);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)   // the others are worth showing, above all when something is wrong
        {
            text.Truncate(before);
            Log.Failed(logger, section.Name, e is StoreException ? e.Message : e.ToString());
            return false;
        }
    }

    private void WriteResults(MetricsText text, (bool IsGood, TimeSpan Took)[] results)
    {
        text.Family("faas_scrape_section_success", "gauge", "Whether this part of the scrape could be read: 1 or 0.");
        for (var i = 0; i < results.Length; i++)
        {
            text.Sample(results[i].IsGood ? 1 : 0, ("section", _sections[i].Name));
        }

        text.Family("faas_scrape_section_seconds", "gauge", "How long this part of the scrape took.");
        for (var i = 0; i < results.Length; i++)
        {
            text.Sample(results[i].Took.TotalSeconds, ("section", _sections[i].Name));
        }

        text.Family("faas_metrics_functions", "gauge", "Functions with series of their own, and how many may have them.");
        text.Sample(_labels.Own.Count, ("kind", "own"));
        text.Sample(options.FunctionsMax, ("kind", "max"));
    }

    private static partial class Log
    {
        [LoggerMessage(2601, LogLevel.Warning, "The series of {Section} could not be read, and are missing from a scrape: {Reason}")]
        public static partial void Failed(ILogger logger, string section, string reason);
    }
}
