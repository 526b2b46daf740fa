using System.Globalization;

namespace Faas.LoadTests.Metering;

/// <summary>What became of each call, by the number that is its id. The client writes what it saw, the audit what the ledger has.</summary>
internal sealed class CallBook(int calls)
{
    /// <summary>Before the number of each id.</summary>
    public const string IdPrefix = "metered-";

    /// <summary>Digits of the number: ids of one length fit into one request.</summary>
    public const int IdDigits = 9;

    private readonly CallEnd[] _ends = new CallEnd[calls];
    private readonly byte[] _records = new byte[calls];

    /// <summary>Calls of all rounds.</summary>
    public int Count => _ends.Length;

    /// <summary>Records whose id no call had.</summary>
    public long Strangers { get; private set; }

    /// <summary>Answers that are no success, by what they said.</summary>
    public Dictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    public static string IdOf(int call) => IdPrefix + call.ToString("D" + IdDigits, CultureInfo.InvariantCulture);

    public CallEnd EndOf(int call) => _ends[call];

    public int RecordsOf(int call) => _records[call];

    /// <summary>Notes what its caller saw.</summary>
    public void End(int call, CallEnd end, string? failure = null)
    {
        _ends[call] = end;
        if (failure is not null)
        {
            Failures[failure] = Failures.GetValueOrDefault(failure) + 1;
        }
    }

    /// <summary>Notes that the ledger has a record of an invocation.</summary>
    public void CountRecord(ReadOnlySpan<byte> id)
    {
        if (id.Length == IdPrefix.Length + IdDigits && int.TryParse(id[IdPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var call) && call < _ends.Length)
        {
            _records[call] = (byte)Math.Min(byte.MaxValue, _records[call] + 1);
        }
        else
        {
            Strangers++;
        }
    }

    /// <summary>Compares answers with records.</summary>
    public CallTally Tally()
    {
        var tally = new CallTally { Strangers = Strangers };
        for (var call = 0; call < _ends.Length; call++)
        {
            tally.Add(_ends[call], _records[call]);
        }

        return tally;
    }

    /// <summary>Calls about which something is wrong, at most <paramref name="most"/>.</summary>
    public IEnumerable<string> Wrong(int most) =>
        Enumerable.Range(0, _ends.Length).Where(call => CallTally.IsWrong(_ends[call], _records[call])).Take(most).Select(call => $"{IdOf(call)}: {_ends[call]}, {_records[call]} records");
}

/// <summary>What the caller saw of a call.</summary>
internal enum CallEnd : byte
{
    /// <summary>It was never sent: no connection came about.</summary>
    NotSent,

    /// <summary>The whole answer came, head and body, of an invocation that reached a revision: it must have one record.</summary>
    Answered,

    /// <summary>The whole answer came, and says that no revision was reached: there must be no record.</summary>
    Refused,

    /// <summary>It was sent, and its connection ended before the answer did: it was in flight at a kill, and may have one record.</summary>
    CutOff,

    /// <summary>It was sent, and its connection ended before the answer did, though nobody had killed the gateway.</summary>
    Lost,
}
