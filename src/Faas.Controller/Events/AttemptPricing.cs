using System.Text;
using Faas.Contracts.Invocations;
using Faas.Controller.Metering;
using Faas.Link;

namespace Faas.Controller.Events;

/// <summary>Prices the usage record of one attempt.</summary>
internal sealed class AttemptPricing(PriceBook book)
{
    /// <summary>The record, as the ledger has it; null when the bytes are none.</summary>
    public UsageRecord? Price(ReadOnlySpan<byte> record)
    {
        if (!UsageFrame.TryRead(record, out var frame) || !InvocationErrors.IsKnown(frame.Outcome))
        {
            return null;
        }

        var prices = book.At(frame.ReceivedUnixUs);
        var billedMs = prices.BilledMs(TimeSpan.FromMicroseconds(frame.RunUs), frame.Outcome, frame.HasInstance);
        var origin = frame.Origin;
        return new UsageRecord
        {
            InvocationId = Encoding.UTF8.GetString(frame.InvocationId),
            Function = TakeText(ref origin),
            Revision = TakeText(ref origin),
            Instance = TakeText(ref origin),
            ReceivedAt = DateTimeOffset.UnixEpoch.AddMicroseconds(frame.ReceivedUnixUs),
            Queued = TimeSpan.FromMicroseconds(frame.QueuedUs),
            Cold = TimeSpan.FromMicroseconds(frame.ColdUs),
            Run = TimeSpan.FromMicroseconds(frame.RunUs),
            Cpu = TimeSpan.FromMicroseconds(frame.CpuUs),
            PeakKiB = frame.PeakKiB,
            BilledMs = billedMs,
            MemoryMiB = frame.MemoryMiB,
            GiBSeconds = billedMs / 1000.0 * frame.MemoryMiB / 1024,
            BytesIn = frame.BytesIn,
            BytesOut = frame.BytesOut,
            Status = frame.Status,
            Outcome = frame.Outcome,
            Blame = InvocationErrors.Of(frame.Outcome).Blame,
            PriceVersion = prices.Version,
            Cost = prices.CostOf(billedMs, frame.MemoryMiB) + (billedMs == 0 ? 0 : prices.CostOfExtras(frame.CpuUs, frame.BytesOut)),
        };
    }

    private static string TakeText(ref ReadOnlySpan<byte> texts)
    {
        var text = Encoding.UTF8.GetString(texts.Slice(1, texts[0]));
        texts = texts[(1 + texts[0])..];
        return text;
    }
}
