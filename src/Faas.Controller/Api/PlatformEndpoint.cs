using Faas.Contracts.Api;
using Faas.Controller.Hosting;
using Faas.Controller.Scaling;
using Faas.Instances;

namespace Faas.Controller.Api;

/// <summary><c>/v1/platform</c> and the health check.</summary>
internal static class PlatformEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok\n")).ExcludeFromDescription();
        routes.MapGet("/v1/platform", Describe).WithTags("platform").WithSummary("The platform, its sandbox and its runtimes").Produces<PlatformDescription>();
    }

    private static IResult Describe(InstanceHost host, Fleet fleet, ControllerArguments arguments)
    {
        var stems = host.StemCounts();
        var description = new PlatformDescription
        {
            Version = ThisVersion.Text,
            PublicUrl = arguments.Public.ToString().TrimEnd('/'),
            GatewayConnected = fleet.IsGatewayConnected,
            Sandbox = host.Sandbox.Name,
            Isolation = host.Sandbox.Isolation,
            IsIsolated = host.Sandbox.IsIsolated,
            Runtimes = [.. host.Runtimes.Select(r => new RuntimeDescription(r.Name, r.IsAvailable, r.Version, r.Hint, stems.GetValueOrDefault(r.Name)))],
        };
        return Results.Json(description, FaasJson.Default.PlatformDescription);
    }
}
