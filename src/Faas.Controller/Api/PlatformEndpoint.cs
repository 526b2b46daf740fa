using Faas.Contracts.Api;
using Faas.Controller.Functions;
using Faas.Controller.Hosting;
using Faas.Controller.Link;
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
        routes.MapGet("/v1/load", LoadAsync).WithTags("platform").WithSummary("What the machine carries at this moment").Produces<PlatformLoad>();
    }

    private static IResult Describe(InstanceHost host, FleetLink link, ControllerArguments arguments)
    {
        var stems = host.StemCounts();
        var description = new PlatformDescription
        {
            Version = ThisVersion.Text,
            PublicUrl = arguments.Public.ToString().TrimEnd('/'),
            GatewayConnected = link.IsConnected,
            Sandbox = host.Sandbox.Name,
            Isolation = host.Sandbox.Isolation,
            IsIsolated = host.Sandbox.IsIsolated,
            Runtimes = [.. host.Runtimes.Select(r => new RuntimeDescription(r.Name, r.IsAvailable, r.Version, r.Hint, stems.GetValueOrDefault(r.Name)))],
        };
        return Results.Json(description, FaasJson.Default.PlatformDescription);
    }

    private static async Task<IResult> LoadAsync(InstanceHost host, Fleet fleet, IMachine machine, FunctionCatalog catalog, FunctionViews views, CancellationToken ct)
    {
        var totals = await views.TotalsAsync(ct);
        var (allottable, allotted) = fleet.Memory;
        var reading = machine.Read();
        var load = new PlatformLoad
        {
            Cores = machine.Cores,
            IdleMs = (long)reading.Idle.TotalMilliseconds,
            AtMs = (long)reading.At.TotalMilliseconds,
            MemoryMiB = machine.MemoryMiB,
            AvailableMiB = machine.AvailableMiB(),
            AllottableMiB = allottable,
            AllottedMiB = allotted,
            Stems = host.StemCounts(),
            Functions = [.. catalog.All.OrderBy(f => f.Function, StringComparer.Ordinal).Select(f => views.Summarize(f, totals))],
        };
        return Results.Json(load, FaasJson.Default.PlatformLoad);
    }
}
