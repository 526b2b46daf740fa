using System.Net;

namespace Faas.Contracts.Api;

/// <summary>The management API answered with a problem.</summary>
public sealed class FaasApiException(HttpStatusCode statusCode, ApiProblem problem) : Exception(Describe(problem))
{
    /// <summary>The answer's status code.</summary>
    public HttpStatusCode StatusCode { get; } = statusCode;

    /// <summary>What the API said; made up from the status code when it said nothing readable.</summary>
    public ApiProblem Problem { get; } = problem;

    private static string Describe(ApiProblem problem) => problem.Detail.Length > 0 ? problem.Detail : problem.Title;
}
