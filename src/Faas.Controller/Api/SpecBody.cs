using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Controller.Api;

/// <summary>Reads a <see cref="FunctionSpec"/> from a request.</summary>
internal static class SpecBody
{
    /// <summary>Longest spec in bytes: environment variables are all that can be long in it.</summary>
    private const int BytesMax = 1 << 20;

    /// <summary>The spec, or the problem with it; exactly one of them is null.</summary>
    public static async Task<(FunctionSpec? Spec, IResult? Problem)> ReadAsync(string name, HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is > BytesMax)
        {
            return (null, ApiResults.Problem(413, "TooLarge", "The specification is too large", $"a specification has at most {BytesMax} bytes"));
        }

        try
        {
            var spec = await JsonSerializer.DeserializeAsync(request.Body, FaasJson.Default.FunctionSpec, ct);
            return spec is null ? (null, Invalid("the body is null"))
                : spec.Name == name ? (spec, null)
                : (null, Invalid($"the specification names '{spec.Name}', the path '{name}'"));
        }
        catch (JsonException e)
        {
            return (null, Invalid(e.Message));
        }
    }

    private static IResult Invalid(string detail) => ApiResults.Problem(400, "InvalidJson", "The body is not a function specification", detail);
}
