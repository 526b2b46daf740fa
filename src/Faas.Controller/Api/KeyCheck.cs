using Faas.Contracts.Api;
using Faas.Controller.Hosting;
using Faas.Controller.Metrics;

namespace Faas.Controller.Api;

/// <summary>Lets only callers with the key through to <c>/v1</c> and, unless they are configured to be public, to the metrics. The health check and the API's description are open.</summary>
internal sealed class KeyCheck(RequestDelegate next, AdminKey key, MetricsOptions metrics)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path;
        if (!path.StartsWithSegments("/v1") && (metrics.Public || !path.StartsWithSegments(MetricsEndpoint.Path)))
        {
            return next(http);
        }

        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && key.Matches(header.AsSpan(Scheme.Length).Trim()))
        {
            return next(http);
        }

        http.Response.Headers.WWWAuthenticate = "Bearer";
        return ApiResults.Problem(401, "Unauthorized", "The key is missing or wrong", header.Length == 0
            ? "send the management API's key as 'Authorization: Bearer KEY'; it is in the data folder's admin.key"
            : "the key is not this platform's; it is in the data folder's admin.key").ExecuteAsync(http);
    }
}
