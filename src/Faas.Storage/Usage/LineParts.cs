namespace Faas.Storage;

/// <summary>Which parts of a line in a chunk are written out, because they are not zero or not what they were in the line before.</summary>
[Flags]
internal enum LineParts : byte
{
    None = 0,

    /// <summary>Another origin than the line before.</summary>
    Origin = 1,

    /// <summary>Another memory size, status, outcome or version of the prices than the line before.</summary>
    Result = 2,

    /// <summary>It waited in the line.</summary>
    Queued = 4,

    /// <summary>It waited for an activation.</summary>
    Cold = 8,

    /// <summary>It had a body.</summary>
    BytesIn = 16,

    /// <summary>Billed time is not running time rounded up.</summary>
    Billed = 32,

    /// <summary>Another cost than the line before.</summary>
    Cost = 64,

    /// <summary>The id is written out, with its length before it, instead of as the difference from the gateway's last one.</summary>
    WholeId = 128,
}
