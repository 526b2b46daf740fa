using System.Text;
using System.Text.Unicode;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Secrets;
using Faas.Events;

namespace Faas.Controller.Api;

/// <summary><c>/v1/secrets</c>: list, set, delete. A value goes in and never comes out.</summary>
internal static class SecretEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/v1/secrets").WithTags("secrets");
        secrets.MapGet("/", ListAsync).WithSummary("All secrets: names and times, never values").Produces<SecretDescription[]>();
        secrets.MapPut("/{name}", SetAsync).WithSummary("Makes a secret, or gives it another value: the body, UTF-8 text of 1 byte to 64 KiB").Produces(204).Produces<ApiProblem>(400).Produces<ApiProblem>(413);
        secrets.MapDelete("/{name}", DeleteAsync).WithSummary("Deletes a secret; one that a trigger names only with ?force=true").Produces(204).Produces<ApiProblem>(404).Produces<ApiProblem>(409);
    }

    private static async Task<IResult> ListAsync(PlatformSecrets secrets, CancellationToken ct)
    {
        SecretDescription[] found = [.. (await secrets.ListAsync(ct)).Select(secret => new SecretDescription(secret.Name, secret.UpdatedAt, secret.Problem))];
        return Results.Json(found, FaasJson.Default.SecretDescriptionArray);
    }

    private static async Task<IResult> SetAsync(string name, HttpRequest request, PlatformSecrets secrets, CancellationToken ct)
    {
        if (!SecretText.IsName(name))
        {
            return BadName();
        }

        if (await ReadBodyAsync(request, ct) is not { } value)
        {
            return ApiResults.Problem(413, "TooLarge", "Too large", $"a secret's value has at most {SecretText.ValueBytesMax} bytes");
        }

        if (value.Length == 0 || !Utf8.IsValid(value))
        {
            return ApiResults.Problem(400, "BadRequest", "No secret's value", value.Length == 0 ? "the body is empty; it is the secret's value" : "a secret's value is text in UTF-8; encode other bytes as base64");
        }

        await secrets.SetAsync(name, Encoding.UTF8.GetString(value));
        return Results.NoContent();
    }

    private static async Task<IResult> DeleteAsync(string name, PlatformSecrets secrets, IDeployments deployments, bool force = false)
    {
        if (!SecretText.IsName(name))
        {
            return BadName();
        }

        if (!force && SecretUses.TriggerOf(name, deployments.All) is { } trigger)
        {
            return ApiResults.Problem(409, "SecretInUse", "The secret is in use", $"trigger '{trigger}' names the secret '{name}' and would fail without it; take it out of the manifest first, or delete with --force (?force=true)");
        }

        return await secrets.DeleteAsync(name)
            ? Results.NoContent()
            : ApiResults.Problem(404, "NotFound", "No such secret", $"there is no secret '{name}'; `faas secret list` shows those there are");
    }

    /// <summary>The whole body; null when it is too long.</summary>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken ct)
    {
        var body = new byte[SecretText.ValueBytesMax + 1];
        var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, ct);
        return length > SecretText.ValueBytesMax ? null : body[..length];
    }

    /// <summary>The name is not repeated: who mistakes the order has sent the value.</summary>
    private static IResult BadName() =>
        ApiResults.Problem(400, "BadRequest", "No secret's name", $"a secret's name is made of letters, digits and underscores, no digit first, 1 to {SecretText.NameLengthMax} of them");
}
