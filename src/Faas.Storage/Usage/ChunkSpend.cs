using System.Runtime.InteropServices;
using System.Text;

namespace Faas.Storage;

/// <summary>
/// Adds up what the records cost that are being added to a chunk, by function and day. Most records are of the same function and day as the one before them, and cost an addition; records that cost nothing leave no trace.
/// </summary>
internal sealed class ChunkSpend
{
    private const long DayUs = 86_400_000_000;

    private readonly Dictionary<(int Origin, int Day), long> _sums = [];
    private int _origin = -1;
    private long _dayUs;
    private long _sum;

    /// <summary>Adds a record.</summary>
    public void Add(int origin, long receivedUs, long costPico)
    {
        if (origin != _origin || receivedUs < _dayUs || receivedUs - _dayUs >= DayUs)
        {
            EndRun();
            _origin = origin;
            _dayUs = DayOf(receivedUs) * DayUs;
        }

        _sum += costPico;
    }

    /// <summary>What was added since the last call.</summary>
    public List<UsageSpend> Take(IReadOnlyList<byte[]> origins)
    {
        EndRun();
        var taken = new List<UsageSpend>(_sums.Count);
        foreach (var ((origin, day), pico) in _sums)
        {
            taken.Add(new UsageSpend(Encoding.UTF8.GetString(Origin.FunctionOf(origins[origin])), day, pico));
        }

        _sums.Clear();
        return taken;
    }

    private void EndRun()
    {
        if (_sum != 0)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_sums, (_origin, (int)DayOf(_dayUs)), out _) += _sum;
        }

        (_origin, _sum) = (-1, 0);
    }

    /// <summary>Whole days since 1970, rounded down before it too.</summary>
    private static long DayOf(long us) => us >= 0 ? us / DayUs : ((us + 1) / DayUs) - 1;
}
