namespace Faas.Instances.Drivers;

/// <summary>
/// Users for instances: one each, from a range that no distribution gives to people, because a container's uid is the same uid on the host.
/// </summary>
internal sealed class UserRange
{
    /// <summary>First uid of the range.</summary>
    public const int First = 200_000;

    /// <summary>Users in the range.</summary>
    public const int Count = 60_000;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];
    private int _next;

    /// <summary>A range that begins to hand out at <paramref name="start"/>, so that two nodes on one machine rarely use the same.</summary>
    public UserRange(uint start) => _next = (int)(start % Count);

    /// <summary>A uid that no living instance of this node has.</summary>
    public int Take()
    {
        lock (_lock)
        {
            for (var tries = 0; tries < Count; tries++)
            {
                var uid = First + _next;
                _next = (_next + 1) % Count;
                if (_taken.Add(uid))
                {
                    return uid;
                }
            }
        }

        throw new DriverException("start", $"all {Count} instance users are taken", isTransient: true);
    }

    /// <summary>Marks the uid of an adopted instance as taken.</summary>
    public void Claim(int uid)
    {
        lock (_lock)
        {
            _taken.Add(uid);
        }
    }

    /// <summary>Gives a uid back once nothing of its instance is left.</summary>
    public void Return(int uid)
    {
        lock (_lock)
        {
            _taken.Remove(uid);
        }
    }
}
