using System.ComponentModel.DataAnnotations;

namespace Faas.Events;

/// <summary>Limits of events that hold for all functions. Configuration section <c>Faas:Events</c>.</summary>
public sealed class EventsOptions
{
    /// <summary>
    /// Where accepted events are: <c>sqlite</c>, the platform's own file, or <c>redis</c>. Default sqlite: nothing else must be installed, and a commit is as safe as a Redis
    /// with <c>appendfsync always</c> and as fast.
    /// </summary>
    [RegularExpression("sqlite|redis")]
    public string Store { get; set; } = "sqlite";

    /// <summary>Attempts of all functions that run at the same time. Default 256: each holds a connection and up to 1 MiB of body; more slots than that a machine of a few cores has not.</summary>
    [Range(1, 10_000)]
    public int AttemptsMax { get; set; } = 256;

    /// <summary>How long a claim lasts unless it is renewed, which happens three times as often. Default 30 s: past any pause of a healthy machine; it is how long an event waits after its node was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:03", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest result that is kept, in bytes; of a longer one only its length is. Default 6 MiB, as long as a synchronous request may be.</summary>
    [Range(0, 1L << 30)]
    public long ResultBytesMax { get; set; } = 6 * 1024 * 1024;

    /// <summary>How long a key means the same event. Default 24 h, as long as results are kept.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan KeepKeys { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long an event may be delayed. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long attempts may go on when the platform stops; what is not done then is cut off, and run again at the next start. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Hosts on loopback or link-local addresses that callers may have results sent to (<c>X-Callback-Url</c>), for example <c>127.0.0.1</c>. Default none: anybody who may
    /// call a function could otherwise reach what listens on this machine only. Other hosts are allowed, and so are the destinations that a function's own manifest names.
    /// </summary>
    public IReadOnlyList<string> LocalCallbackHosts { get; set; } = [];
}
