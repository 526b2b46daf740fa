using System.ComponentModel.DataAnnotations;

namespace Faas.Controller.Logs;

/// <summary>How much of what functions write is taken and kept. Configuration section <c>Faas:Logs</c>.</summary>
internal sealed class LogOptions
{
    /// <summary>Bytes that one function's log may have on the disk, 1 to 256 MiB; the oldest go. Default 8 MiB: some 50,000 lines, and a thousand chatty functions still fit on a small disk.</summary>
    [Range(1024 * 1024, 256 * 1024 * 1024)]
    public int BytesMax { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Bytes that all logs together may have on the disk, 16 MiB to 1 TiB. Beyond them the oldest parts of the largest logs go, and where that is not enough the logs of functions
    /// that have been silent longest. Default 4 GiB: five hundred full logs; thousands of functions must not take the disk that the ledger and the queue are on.
    /// </summary>
    [Range(16L * 1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long TotalBytesMax { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Days after which lines are removed; a log is cut in pieces, so up to an eighth more. Default 14: the fault of the week before last can still be looked into.</summary>
    [Range(1, 3650)]
    public int RetainDays { get; set; } = 14;

    /// <summary>Lines a second that are taken of one function. Default 2,000: far above what anybody reads; what is beyond is a flood.</summary>
    [Range(1, 1_000_000)]
    public int LinesPerSecond { get; set; } = 2000;

    /// <summary>Bytes a second that are taken of one function. Default 2 MiB: a log is renewed in four seconds then.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int BytesPerSecond { get; set; } = 2 * 1024 * 1024;

    /// <summary>Seconds' worth of lines and bytes that may come at once after quiet. Default 5: a stack trace for each of a few hundred requests that fail together.</summary>
    [Range(1, 60)]
    public int BurstSeconds { get; set; } = 5;

    /// <summary>How long lines are kept.</summary>
    public TimeSpan Retention => TimeSpan.FromDays(RetainDays);
}
