using System.Buffers.Binary;
using Faas.Gateway.Usage;
using Faas.Link;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// The usage of one attempt of an asynchronous invocation. It is not journalled: it goes back with the answer, and is billed by the transaction that ends the event, so
/// that an attempt whose end is not known to anybody costs nothing.
/// </summary>
internal sealed class AttemptUsage : IUsageSink
{
    private UsageEntry? _entry;

    /// <inheritdoc/>
    public void Append(in UsageEntry entry) => _entry = entry;

    /// <summary>What follows the answer's body: the record as in a journal, and its length as u32. Empty when there is none.</summary>
    public byte[] ToTail()
    {
        if (_entry is not { } entry)
        {
            return [];
        }

        var tail = new byte[UsageCodec.RecordLengthMax + sizeof(uint)];
        var length = UsageCodec.Encode(entry, tail);
        BinaryPrimitives.WriteUInt32LittleEndian(tail, (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(length), (uint)length);
        return tail[..(length + sizeof(uint))];
    }
}
