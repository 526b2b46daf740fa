namespace Faas.Contracts.Api;

/// <summary>What deploying a spec would do: the answer of <c>POST /v1/functions/{name}/plan</c>.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Change"><c>create</c>, <c>update</c> or <c>unchanged</c>.</param>
/// <param name="Changes">The fields that differ from the serving revision; empty unless it is an update.</param>
public sealed record DeployPlan(string Name, string Change, IReadOnlyList<FieldChange> Changes);

/// <summary>One field of a <see cref="DeployPlan"/>.</summary>
/// <param name="Field">The manifest's key, for example <c>memory</c> or <c>env.LEVEL</c>; <c>code</c> for the bundle.</param>
/// <param name="From">The serving value as text; null when there was none.</param>
/// <param name="To">The new value as text; null when it is taken away.</param>
public sealed record FieldChange(string Field, string? From, string? To);
