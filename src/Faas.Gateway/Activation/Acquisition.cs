using Faas.Contracts.Invocations;

namespace Faas.Gateway.Activation;

/// <summary>What came of asking a gate for a slot: an instance with one slot taken, or why not.</summary>
/// <param name="Instance">The instance; null when there is an error.</param>
/// <param name="IsCold">Whether the request waited for this instance to become ready.</param>
/// <param name="Error">Why there is no slot.</param>
/// <param name="Detail">What to tell the caller about <paramref name="Error"/>.</param>
internal readonly record struct Acquisition(Instance? Instance, bool IsCold, InvocationError Error, string Detail)
{
    /// <summary>When to try again, in seconds; 0 when there is no telling.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>A slot of <paramref name="instance"/>.</summary>
    public static Acquisition Of(Instance instance, bool isCold) => new(instance, isCold, InvocationError.None, "");

    /// <summary>No slot.</summary>
    public static Acquisition Failed(InvocationError error, string detail) => new(null, false, error, detail);
}
