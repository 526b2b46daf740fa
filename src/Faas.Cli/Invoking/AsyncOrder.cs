using System.Globalization;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Invoking;

/// <summary>How an invocation is to be run, if not simply at once.</summary>
/// <param name="IsAsync">Whether it is queued, and nobody waits for its answer.</param>
/// <param name="Delay">How long it waits first; zero for not at all.</param>
/// <param name="Key">What makes repeated requests one; null for nothing.</param>
/// <param name="Callback">Where its result is sent; null for nowhere.</param>
/// <param name="Waits">Whether the command line waits for its end all the same.</param>
internal sealed record AsyncOrder(bool IsAsync, TimeSpan Delay, string? Key, string? Callback, bool Waits)
{
    /// <summary>The headers that say so to the platform.</summary>
    public IReadOnlyList<HeaderField> Headers
    {
        get
        {
            var headers = new List<HeaderField>();
            void Add(string name, string? value)
            {
                if (value is not null)
                {
                    headers.Add(new HeaderField(name, value));
                }
            }

            Add(AttemptHeaders.Invocation, IsAsync ? AttemptHeaders.Asynchronous : null);
            Add(AttemptHeaders.Delay, Delay > TimeSpan.Zero ? Written(Delay) : null);
            Add(AttemptHeaders.Key, Key);
            Add(AttemptHeaders.Callback, Callback);
            return headers;
        }
    }

    /// <summary>In one unit, which is all that <see cref="DelayText"/> reads; never shorter than asked for.</summary>
    private static string Written(TimeSpan delay) => delay.Ticks % TimeSpan.TicksPerSecond == 0
        ? delay.TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s"
        : Math.Ceiling(delay.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";
}
