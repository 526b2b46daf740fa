namespace Faas.Contracts.Functions;

/// <summary>A Redis list whose items invoke the function. What is taken is kept beside the list, with an id of its own, until its invocation has ended.</summary>
public sealed record RedisListSpec
{
    /// <summary>As <see cref="RedisStreamSpec.Url"/>.</summary>
    public required string Url { get; init; }

    /// <summary>The list's key.</summary>
    public required string List { get; init; }

    /// <summary>The end that items are taken from. Default <see cref="ListEnd.Right"/>: the older one where producers use LPUSH.</summary>
    public ListEnd Take { get; set; } = ListEnd.Right;

    /// <summary>Invocations under way at the same time, 1 to 1,000. Default 10.</summary>
    public int Concurrency { get; set; } = 10;

    /// <summary>A list for items whose invocations fail for good (LPUSH). Default null: they are the platform's dead letters (<c>faas dlq</c>).</summary>
    public string? DeadLetter { get; init; }
}

/// <summary>An end of a list.</summary>
public enum ListEnd
{
    /// <summary>The head: LPOP.</summary>
    Left,

    /// <summary>The tail: RPOP.</summary>
    Right,
}
