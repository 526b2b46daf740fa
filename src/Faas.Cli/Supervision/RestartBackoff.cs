namespace Faas.Cli.Supervision;

/// <summary>How long to wait before a part is started again: 100 ms, doubling to 10 s, and 100 ms again after 30 s of health. Pure.</summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(30);

    private TimeSpan _next = Shortest;

    /// <summary>The wait after a run that was ready for <paramref name="ranFor"/>; zero when it never became ready.</summary>
    public TimeSpan After(TimeSpan ranFor)
    {
        var delay = ranFor >= Healthy ? Shortest : _next;
        _next = delay * 2 < Longest ? delay * 2 : Longest;
        return delay;
    }
}
