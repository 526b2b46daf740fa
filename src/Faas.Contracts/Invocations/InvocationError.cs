namespace Faas.Contracts.Invocations;

/// <summary>How an invocation ended, as far as the platform is concerned. A function's own 4xx or 5xx answer is <see cref="None"/>.</summary>
public enum InvocationError
{
    /// <summary>The function answered.</summary>
    None = 0,

    /// <summary>No such function.</summary>
    NotFound = 1,

    /// <summary>The request's body or headers exceed the limit, or the function's answer does.</summary>
    TooLarge = 2,

    /// <summary>The revision's waiting line is full.</summary>
    QueueFull = 3,

    /// <summary>A rate limit refused the invocation.</summary>
    Throttled = 4,

    /// <summary>The function ran longer than its timeout.</summary>
    Timeout = 5,

    /// <summary>The instance exceeded its memory limit and was killed.</summary>
    OutOfMemory = 6,

    /// <summary>The instance could not load or start the function.</summary>
    InitFailed = 7,

    /// <summary>The function threw, answered something that is no answer, or its instance ended while it ran.</summary>
    Crashed = 8,

    /// <summary>The platform has no capacity to run it now.</summary>
    Unavailable = 9,

    /// <summary>The caller went away before the answer.</summary>
    CallerGone = 10,

    /// <summary>The request is not one that the function can be given: an event that is not JSON, for instance.</summary>
    BadRequest = 11,

    /// <summary>The budget of the function, or of its namespace, is spent: it is stopped or throttled until the budget's period ends, or the budget is raised.</summary>
    BudgetExceeded = 12,
}

/// <summary>Who has to act on a failure.</summary>
public enum Blame
{
    /// <summary>Nobody; it succeeded.</summary>
    None = 0,

    /// <summary>The caller sent something that cannot be served.</summary>
    Caller = 1,

    /// <summary>The function's code or its limits.</summary>
    Function = 2,

    /// <summary>The platform; never billed.</summary>
    Platform = 3,
}
