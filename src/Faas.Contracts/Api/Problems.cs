using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>Names of error kinds, and how they become a problem's <c>type</c>.</summary>
public static class Problems
{
    /// <summary>Media type of every error answer, RFC 9457.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Response header that names the kind when the platform, not the function, made the answer.</summary>
    public const string ErrorHeader = "X-Faas-Error";

    /// <summary><c>urn:faas:error:{kind}</c>.</summary>
    public static string TypeOf(string kind) => "urn:faas:error:" + kind;

    /// <summary>The problem of an invocation that ended with <paramref name="error"/>.</summary>
    public static ApiProblem Of(InvocationError error, string detail, string? invocationId)
    {
        var traits = InvocationErrors.Of(error);
        return new ApiProblem
        {
            Type = TypeOf(error.ToString()),
            Title = traits.Title,
            Status = traits.Status,
            Detail = detail,
            Error = error.ToString(),
            Blame = traits.Blame == Invocations.Blame.None ? null : traits.Blame.ToString().ToLowerInvariant(),
            InvocationId = invocationId,
        };
    }
}
