using Faas.Contracts.Api;

namespace Faas.Cli.Deployment;

/// <summary>What became of one function of a deployment.</summary>
/// <param name="Name">The function.</param>
/// <param name="Result"><c>created</c>, <c>updated</c>, <c>unchanged</c>, <c>refused</c> (by its own fault) or <c>failed</c> (anything else).</param>
/// <param name="Revision">The serving revision; null when the deployment did not get so far.</param>
/// <param name="Url">Where callers invoke it.</param>
/// <param name="StartedIn">How long the first start took.</param>
/// <param name="BuiltIn">How long compiling took.</param>
/// <param name="Problem">Why it was refused or failed.</param>
internal sealed record DeployOutcome(
    string Name, string Result, string? Revision = null, string? Url = null, TimeSpan? StartedIn = null, TimeSpan? BuiltIn = null, ApiProblem? Problem = null)
{
    public const string Refused = "refused";

    public const string Failed = "failed";

    public const string Unchanged = "unchanged";

    public bool IsFailure => Result is Refused or Failed;
}
