using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>One priced usage record on its way into the ledger or out of it, without an object of its own. Texts are UTF-8.</summary>
public readonly ref struct UsageLine
{
    /// <summary>The invocation's id, at most 255 bytes.</summary>
    public required ReadOnlySpan<byte> InvocationId { get; init; }

    /// <summary>Function, revision and instance one after the other, each with its length in a byte before it.</summary>
    public required ReadOnlySpan<byte> Origin { get; init; }

    /// <summary>The function's name.</summary>
    public ReadOnlySpan<byte> Function => Storage.Origin.FunctionOf(Origin);

    /// <summary>When the gateway had read the request's head: µs since 1970.</summary>
    public required long ReceivedUs { get; init; }

    /// <summary>µs in the waiting line.</summary>
    public required long QueuedUs { get; init; }

    /// <summary>µs of waiting for an activation.</summary>
    public required long ColdUs { get; init; }

    /// <summary>µs of running.</summary>
    public required long RunUs { get; init; }

    /// <summary>µs of CPU time; 0 when it is not known.</summary>
    public required long CpuUs { get; init; }

    /// <summary>Most resident memory in KiB; 0 when it is not known.</summary>
    public required long PeakKiB { get; init; }

    /// <summary>Running time as billed, in ms.</summary>
    public required long BilledMs { get; init; }

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

    /// <summary>Version of the prices that it cost; 0 when it is from before there were versions.</summary>
    public required int Price { get; init; }

    /// <summary>Cost in pico-units (<see cref="PicoMoney"/>).</summary>
    public required long CostPico { get; init; }
}
