namespace Faas.Gateway.Polling;

/// <summary>
/// Whether a loop looks again and again instead of falling asleep. It pays while hardly anything goes on: a core that falls asleep for the 20 us in which a function runs takes longer than that to
/// wake, more so on a virtual machine, and that is then what the caller waits for. It never pays where the cores have other things to do. Belongs to one loop's thread, but for the count.
/// </summary>
internal sealed class Spinning
{
    /// <summary>Looks without an event before the loop sleeps after all: about 50 us.</summary>
    public const int LooksMax = 100;

    /// <summary>After so many times in vain the answers are not quick, and ...</summary>
    private const int MissesMax = 4;

    /// <summary>... only each so many times it is tried again.</summary>
    private const int TryEach = 64;

    /// <summary>Answers on their way above which the cores have something to do: one for four cores.</summary>
    private static readonly int ExpectedMax = Math.Max(1, Environment.ProcessorCount / 4);

    private int _expected;
    private int _misses;
    private int _skipped;

    /// <summary>An answer is on its way. From any thread.</summary>
    public void Expect() => Interlocked.Increment(ref _expected);

    /// <summary>It is here, or not expected any more. From any thread.</summary>
    public void Arrived() => Interlocked.Decrement(ref _expected);

    /// <summary>Whether to look again and again now.</summary>
    public bool Pays()
    {
        var expected = Volatile.Read(ref _expected);
        if (expected <= 0 || expected > ExpectedMax)
        {
            return false;
        }

        if (_misses < MissesMax || ++_skipped >= TryEach)
        {
            _skipped = 0;
            return true;
        }

        return false;
    }

    /// <summary>What came of it.</summary>
    public void Note(bool hasCome) => _misses = hasCome ? 0 : _misses + 1;
}
