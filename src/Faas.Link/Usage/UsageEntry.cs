using Faas.Contracts.Invocations;

namespace Faas.Link;

/// <summary>What the gateway knows about one invocation that is over; becomes a <see cref="UsageRecord"/> at the controller.</summary>
public readonly record struct UsageEntry
{
    /// <summary>The invocation's id, at most 128 bytes.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The revision's id.</summary>
    public required string Revision { get; init; }

    /// <summary>The instance's id; empty when none ran it.</summary>
    public required string Instance { get; init; }

    /// <summary>When its head had been read: µs since 1970.</summary>
    public required long ReceivedUnixUs { get; init; }

    /// <summary>µs in the waiting line.</summary>
    public required long QueuedUs { get; init; }

    /// <summary>µs of waiting for an activation.</summary>
    public required long ColdUs { get; init; }

    /// <summary>µs of running.</summary>
    public required long RunUs { get; init; }

    /// <summary>µs of CPU time, as the worker measured, at most 71 minutes; 0 when it could not be known.</summary>
    public uint CpuUs { get; init; }

    /// <summary>Most memory that the worker had resident meanwhile, in KiB; 0 when it could not be known.</summary>
    public uint PeakKiB { get; init; }

    /// <summary>The instance's size.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Bytes of request body.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Bytes of response body.</summary>
    public required long BytesOut { get; init; }

    /// <summary>Status code of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>How it ended.</summary>
    public required InvocationError Outcome { get; init; }
}
