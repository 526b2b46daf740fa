namespace Faas.Events.Triggers;

/// <summary>Counts what happened within the last minute, in seconds. Not thread-safe.</summary>
internal sealed class MinuteCount
{
    private readonly (long Second, long Count)[] _seconds = new (long, long)[60];

    public void Add(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        ref var slot = ref _seconds[second % _seconds.Length];
        slot = (second, slot.Second == second ? slot.Count + 1 : 1);
    }

    public long At(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        return _seconds.Where(slot => slot.Second > second - _seconds.Length && slot.Second <= second).Sum(slot => slot.Count);
    }
}
