namespace Faas.Contracts.Functions;

/// <summary>A Redis stream whose entries invoke the function, read by a consumer group that is created if it is not there. An entry is acknowledged once its invocation has ended.</summary>
public sealed record RedisStreamSpec
{
    /// <summary><c>redis://[user[:password]@]host[:port][/database]</c>, or <c>rediss://</c> for TLS. May name secrets (<see cref="SecretText"/>).</summary>
    public required string Url { get; init; }

    /// <summary>The stream's key.</summary>
    public required string Stream { get; init; }

    /// <summary>The consumer group. Default null: <c>faas.{function}.{trigger}</c>, so that each trigger gets every entry.</summary>
    public string? Group { get; init; }

    /// <summary>Where a group begins that is created. Default <see cref="StartAt.Beginning"/>: nothing is left out unless the user says so.</summary>
    public StartAt From { get; set; } = StartAt.Beginning;

    /// <summary>Entries of one invocation, 1 to 1,000. Default 1: each is an event of its own. Above 1 the function is given a JSON array of CloudEvents.</summary>
    public int BatchSize { get; set; } = 1;

    /// <summary>How long a batch waits until it is full, 0 s to 5 min. Default 0 s: it takes what there is.</summary>
    public TimeSpan BatchWindow { get; set; } = TimeSpan.Zero;

    /// <summary>Invocations under way at the same time, 1 to 1,000. Default 10. The function's own limits hold as well.</summary>
    public int Concurrency { get; set; } = 10;

    /// <summary>Time after which what another consumer of the group has taken and not acknowledged is taken from it, 1 s to 24 h. Default 5 min.</summary>
    public TimeSpan ReclaimAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A stream for entries whose invocations fail for good. Default null: they are the platform's dead letters (<c>faas dlq</c>).</summary>
    public string? DeadLetter { get; init; }
}

/// <summary>Where a reader begins that was never there before.</summary>
public enum StartAt
{
    /// <summary>With the oldest message that is kept.</summary>
    Beginning,

    /// <summary>With the next message.</summary>
    End,
}
