using Faas.Contracts.Api;
using Faas.Controller.Build;
using Faas.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace Faas.Controller.Api;

/// <summary><c>/v1/bundles/{digest}</c>: a function's code, named by its SHA-256.</summary>
internal static class BundleEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var bundles = routes.MapGroup("/v1/bundles").WithTags("bundles");
        bundles.MapMethods("/{digest}", [HttpMethods.Head], ExistsAsync).WithSummary("Whether the bundle is known").Produces(200).Produces(404);
        bundles.MapPut("/{digest}", SaveAsync).WithSummary("Uploads a bundle (tar.gz)").Produces(201).Produces<ApiProblem>(413).Produces<ApiProblem>(422);
    }

    private static async Task<IResult> ExistsAsync(string digest, BundleStore bundles, CancellationToken ct) =>
        BundleStore.IsDigest(digest) && await bundles.ExistsAsync(digest, ct) ? Results.Ok() : Results.NotFound();

    private static async Task<IResult> SaveAsync(string digest, HttpRequest request, BundleStore bundles, CancellationToken ct)
    {
        // The limit is the bundle's own, which answers with what it is; the server's would cut the connection.
        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        await bundles.SaveAsync(digest, request.Body, new BundleLimits().PackedBytesMax, ct);
        return Results.StatusCode(StatusCodes.Status201Created);
    }
}
