namespace Faas.Contracts.Invocations;

/// <summary>The one table of what each <see cref="InvocationError"/> means: status code, blame, billed or not, worth a retry or not.</summary>
public static class InvocationErrors
{
    private static readonly Traits[] Table =
    [
        new(200, Blame.None, true, false, "OK"),
        new(404, Blame.Caller, false, false, "No such function"),
        new(413, Blame.Caller, false, false, "Too large"),
        new(429, Blame.Caller, false, true, "Waiting line is full"),
        new(429, Blame.Caller, false, true, "Throttled"),
        new(504, Blame.Function, true, false, "The function ran into its timeout"),
        new(500, Blame.Function, true, false, "The instance ran out of memory"),
        new(500, Blame.Function, false, false, "The function could not be started"),
        new(500, Blame.Function, true, true, "The function failed"),
        new(503, Blame.Platform, false, true, "No capacity"),
        new(499, Blame.Caller, true, false, "The caller went away"),
        new(400, Blame.Caller, false, false, "Bad request"),
        new(429, Blame.Caller, false, true, "The budget is spent"),
    ];

    /// <summary>Whether <paramref name="error"/> is one that this version has a name for.</summary>
    public static bool IsKnown(InvocationError error) => (uint)error < Table.Length;

    /// <summary>The traits of <paramref name="error"/>.</summary>
    public static Traits Of(InvocationError error) => Table[(int)error];

    /// <summary>What an <see cref="InvocationError"/> means to callers, bills and retries.</summary>
    /// <param name="Status">HTTP status code of the answer.</param>
    /// <param name="Blame">Who has to act.</param>
    /// <param name="Billable">Whether its running time is billed.</param>
    /// <param name="Retryable">Whether the same request may succeed later.</param>
    /// <param name="Title">Short summary, the same for every occurrence.</param>
    public readonly record struct Traits(int Status, Blame Blame, bool Billable, bool Retryable, string Title);
}
