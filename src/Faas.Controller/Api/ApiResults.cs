using Faas.Contracts.Api;

namespace Faas.Controller.Api;

/// <summary>Answers of the management API.</summary>
internal static class ApiResults
{
    public static IResult Problem(ApiProblem problem) =>
        Results.Json(problem, FaasJson.Default.ApiProblem, Problems.MediaType, problem.Status);

    public static IResult Problem(int status, string error, string title, string detail) => Problem(new ApiProblem
    {
        Type = Problems.TypeOf(error),
        Title = title,
        Status = status,
        Detail = detail,
        Error = error,
        Blame = status >= 500 ? "platform" : "caller",
    });

    public static IResult NoSuchFunction(string name) =>
        Problem(404, "NotFound", "No such function", $"no function '{(name.Length <= 80 ? name : string.Concat(name.AsSpan(0, 77), "..."))}'; `faas list` shows what is deployed");
}
