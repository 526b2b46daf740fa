using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Build;

namespace Faas.Controller.Functions;

/// <summary>A deploy was refused. What served before goes on serving.</summary>
internal sealed class DeployException(int status, string error, string title, string detail) : Exception(detail)
{
    public IReadOnlyList<string> Diagnostics { get; init; } = [];

    public IReadOnlyList<string> Logs { get; init; } = [];

    public ApiProblem ToProblem() => new()
    {
        Type = Problems.TypeOf(error),
        Title = title,
        Status = status,
        Detail = Message,
        Error = error,
        Blame = Enum.TryParse<InvocationError>(error, out var outcome) && InvocationErrors.Of(outcome).Blame != Contracts.Invocations.Blame.None
            ? InvocationErrors.Of(outcome).Blame.ToString().ToLowerInvariant()
            : error == BuildErrors.BuildFailed ? "function" : "caller",
        Diagnostics = Diagnostics,
        Logs = Logs,
    };
}
