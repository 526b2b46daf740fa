using Faas.Contracts.Invocations;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>
/// Prices usage records where they lie as the gateway wrote them, without an object for any of them: at 40,000 a second everything that is done for each
/// is taken from the functions. Used by one thread at a time.
/// </summary>
internal sealed class UsagePricing(PriceBook book)
{
    private const ulong Most = UsageCodec.Most + 1;

    /// <summary>Costs that are remembered: decimal arithmetic is most of what a price costs, and most invocations cost what one before them did.</summary>
    private const int Remembered = 1024;

    private readonly (long BilledMs, int MemoryMiB, long Pico)[] _costs = new (long, int, long)[Remembered];

    /// <summary>The prices of the costs that are remembered.</summary>
    private Prices _prices = book.Current;

    /// <summary>Adds <paramref name="records"/>, as they are in the journal, with their prices.</summary>
    /// <exception cref="FormatException">They are damaged, or of a version that this one doesn't know.</exception>
    public void AddTo(UsageChunk chunk, int format, ReadOnlySpan<byte> records)
    {
        if (format is < 1 or > UsageCodec.Format)
        {
            throw new FormatException($"the gateway sends usage records of format {format}, and this controller knows those up to {UsageCodec.Format}");
        }

        for (var at = 0; at < records.Length;)
        {
            if (!UsageFrame.TryRead(records[at..], out var frame) || !IsBelievable(frame))
            {
                throw new FormatException($"what begins at byte {at} of {records.Length} is no sound usage record");
            }

            chunk.Add(Price(frame));
            at += frame.Length;
        }
    }

    private UsageLine Price(in UsageFrame frame)
    {
        var prices = PricesAt(frame.ReceivedUnixUs);
        var billedMs = prices.BilledMs(TimeSpan.FromMicroseconds(frame.RunUs), frame.Outcome, frame.HasInstance);
        return new UsageLine
        {
            InvocationId = frame.InvocationId,
            Origin = frame.Origin,
            ReceivedUs = frame.ReceivedUnixUs,
            QueuedUs = frame.QueuedUs,
            ColdUs = frame.ColdUs,
            RunUs = frame.RunUs,
            BilledMs = billedMs,
            CpuUs = frame.CpuUs,
            PeakKiB = frame.PeakKiB,
            MemoryMiB = frame.MemoryMiB,
            BytesIn = frame.BytesIn,
            BytesOut = frame.BytesOut,
            Status = frame.Status,
            Outcome = frame.Outcome,
            Price = prices.Version,
            CostPico = CostOf(billedMs, frame.MemoryMiB) + (billedMs == 0 ? 0 : PicoMoney.FromAmount(prices.CostOfExtras(frame.CpuUs, frame.BytesOut))),
        };
    }

    private Prices PricesAt(long receivedUs)
    {
        var prices = book.At(receivedUs);
        if (!ReferenceEquals(prices, _prices))
        {
            Array.Clear(_costs);
            _prices = prices;
        }

        return prices;
    }

    private long CostOf(long billedMs, int memoryMiB)
    {
        ref var known = ref _costs[(billedMs + memoryMiB) % Remembered];   // a new entry says that nothing costs nothing, which is so
        if (known.BilledMs != billedMs || known.MemoryMiB != memoryMiB)
        {
            known = (billedMs, memoryMiB, PicoMoney.FromAmount(_prices.CostOf(billedMs, memoryMiB)));
        }

        return known.Pico;
    }

    private static bool IsBelievable(in UsageFrame frame) =>
        InvocationErrors.IsKnown(frame.Outcome) && frame.MemoryMiB >= 0
        && (ulong)frame.ReceivedUnixUs < 1UL << 62
        && (ulong)frame.QueuedUs < Most && (ulong)frame.ColdUs < Most && (ulong)frame.RunUs < Most
        && (ulong)frame.BytesIn < Most && (ulong)frame.BytesOut < Most;
}
