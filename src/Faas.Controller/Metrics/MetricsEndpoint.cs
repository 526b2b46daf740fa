namespace Faas.Controller.Metrics;

/// <summary><c>/metrics</c>, for Prometheus.</summary>
internal static class MetricsEndpoint
{
    /// <summary>Where it is.</summary>
    public const string Path = "/metrics";

    private const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    public static void AddTo(IServiceCollection services, MetricsOptions options)
    {
        services.AddSingleton(options).AddSingleton<Scrape>();
        services.AddSingleton<IMetricSection, UsageSection>().AddSingleton<IMetricSection, FleetSection>();
        services.AddSingleton<IMetricSection, EventSection>().AddSingleton<IMetricSection, PlatformSection>();
        services.AddSingleton<IMetricSection, BudgetSection>().AddSingleton<IMetricSection, MemorySection>();
        services.AddSingleton<IMetricSection, LogSection>();
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, AnswerAsync).ExcludeFromDescription();

    private static async Task AnswerAsync(HttpContext http, Scrape scrape)
    {
        var text = await scrape.CollectAsync(http.RequestAborted);
        http.Response.ContentType = MediaType;
        http.Response.ContentLength = text.Length;
        await http.Response.Body.WriteAsync(text.Written, http.RequestAborted);
        scrape.Return(text);
    }
}
