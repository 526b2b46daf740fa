using System.ComponentModel.DataAnnotations;

namespace Faas.Controller.Link;

/// <summary>Limits that hold for every function. Configuration section <c>Faas:Gateway</c>.</summary>
internal sealed class GatewayLimits
{
    /// <summary>Longest request body in bytes. Default 6 MiB, the limit of AWS Lambda's synchronous invocations, so that handlers move unchanged.</summary>
    [Range(1024, 1L << 32)]
    public long BodyBytesMax { get; set; } = 6 * 1024 * 1024;

    /// <summary>Requests that may wait for a slot of one revision. Default 1,000: at 10 ms each and ten instances that is one second's work.</summary>
    [Range(1, 100_000)]
    public int LineLengthMax { get; set; } = 1000;

    /// <summary>Longest wait for a slot, cold start included. Default 30 s, the patience of most HTTP clients.</summary>
    public TimeSpan WaitMax { get; set; } = TimeSpan.FromSeconds(30);
}
