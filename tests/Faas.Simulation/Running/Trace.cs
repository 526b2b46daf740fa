using System.Globalization;
using System.Text;

namespace Faas.Simulation.Running;

/// <summary>What happened: the last steps to read, and a number that stands for all of them.</summary>
internal sealed class Trace(VirtualTime time)
{
    private const int Kept = 40;

    private readonly Step[] _last = new Step[Kept];

    /// <summary>Steps so far.</summary>
    public long Count { get; private set; }

    /// <summary>The same for two runs only if they took the same steps at the same times.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public void Note(string what, string who, string detail = "")
    {
        var step = new Step(time.Now, what, who, detail);
        _last[Count++ % Kept] = step;
        Mix((ulong)step.At.Ticks);
        Mix(what);
        Mix(who);
        Mix(detail);
    }

    /// <summary>The last steps, one a line.</summary>
    public string Tell()
    {
        var text = new StringBuilder();
        for (var i = Math.Max(0, Count - Kept); i < Count; i++)
        {
            var step = _last[i % Kept];
            text.Append(CultureInfo.InvariantCulture, $"  {step.At.TotalMilliseconds,12:0.000} ms  {step.What,-22} {step.Who}  {step.Detail}\n");
        }

        return text.ToString();
    }

    private void Mix(string text)
    {
        var hash = Hash;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        Hash = hash;
    }

    private void Mix(ulong number) => Hash = (Hash ^ number) * 1099511628211;

    private readonly record struct Step(TimeSpan At, string What, string Who, string Detail);
}
