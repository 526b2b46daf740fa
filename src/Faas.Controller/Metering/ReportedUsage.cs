using Faas.Link;
using Faas.Storage;
using Google.Protobuf;

namespace Faas.Controller.Metering;

/// <summary>Usage records that a gateway has told of.</summary>
/// <param name="Position">Where they are in its journal.</param>
/// <param name="Format">Their form, a <see cref="UsageCodec.Format"/>.</param>
/// <param name="Records">They themselves; null when they are to be read in the journal.</param>
internal sealed record ReportedUsage(UsagePosition Position, int Format, ByteString? Records)
{
    public static ReportedUsage Of(UsageBatch batch) => new(new UsagePosition(batch.Boot, batch.Segment, batch.From, batch.To), batch.Format, batch.Records);

    public static ReportedUsage Of(UsageExtent extent) => new(new UsagePosition(extent.Boot, extent.Segment, extent.From, extent.To), extent.Format, Records: null);

    /// <summary>Whether both are of one segment.</summary>
    public bool IsBeside(ReportedUsage other) => Position.Boot == other.Position.Boot && Position.Segment == other.Position.Segment;
}
