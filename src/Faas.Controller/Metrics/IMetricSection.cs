namespace Faas.Controller.Metrics;

/// <summary>One part of what is scraped, read where it lives at the moment of the scrape. Used by one scrape at a time.</summary>
internal interface IMetricSection
{
    /// <summary>Its name in <c>faas_scrape_section_success</c>.</summary>
    string Name { get; }

    /// <summary>Writes its series. When it throws, those that it has written are taken back, and the others are scraped nevertheless.</summary>
    Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct);
}
