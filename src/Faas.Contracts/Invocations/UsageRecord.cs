namespace Faas.Contracts.Invocations;

/// <summary>What one invocation used. Exactly one exists for each invocation that reached a function's waiting line.</summary>
public sealed record UsageRecord
{
    /// <summary>The id the caller sees as <c>X-Call-Id</c>.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The revision that served it.</summary>
    public required string Revision { get; init; }

    /// <summary>The instance that ran it; empty when none did.</summary>
    public required string Instance { get; init; }

    /// <summary>When the gateway had read the request's head.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Time in the waiting line that was not spent on a cold start.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Time spent waiting for an activation; zero when the invocation was warm.</summary>
    public TimeSpan Cold { get; init; }

    /// <summary>Time the function ran, from hand-over to the end of its answer.</summary>
    public TimeSpan Run { get; init; }

    /// <summary>CPU time, as the worker measured; zero when it could not be known (a program behind HTTP, an instance that died).</summary>
    public TimeSpan Cpu { get; init; }

    /// <summary>Most memory that the worker had resident while it ran, in KiB; 0 when it could not be known.</summary>
    public long PeakKiB { get; init; }

    /// <summary>Running time as billed: rounded up to whole ms, 0 when not billable.</summary>
    public long BilledMs { get; init; }

    /// <summary>The instance's memory size in MiB.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>Billed seconds times memory in GiB.</summary>
    public double GiBSeconds { get; init; }

    /// <summary>Bytes of request body.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes of response body.</summary>
    public long BytesOut { get; init; }

    /// <summary>HTTP status code of the answer.</summary>
    public int Status { get; init; }

    /// <summary>How it ended.</summary>
    public InvocationError Outcome { get; init; }

    /// <summary>Who has to act on a failure.</summary>
    public Blame Blame { get; init; }

    /// <summary>Version of the price table that it cost; 0 when it is from before there were versions.</summary>
    public int PriceVersion { get; init; }

    /// <summary>Cost in the price table's currency.</summary>
    public decimal Cost { get; init; }
}
