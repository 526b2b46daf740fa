namespace Faas.LoadTests.Metering;

/// <summary>Calls and records side by side.</summary>
internal sealed class CallTally
{
    /// <summary>Whole answers of invocations that reached a revision.</summary>
    public int Answered { get; private set; }

    /// <summary>Whole answers that say that no revision was reached.</summary>
    public int Refused { get; private set; }

    /// <summary>Calls in flight when the gateway was killed.</summary>
    public int InFlight { get; private set; }

    /// <summary>Calls that found nobody.</summary>
    public int NotSent { get; private set; }

    /// <summary>Records in the ledger.</summary>
    public long Recorded { get; private set; }

    /// <summary>Answered without a record.</summary>
    public int Missing { get; private set; }

    /// <summary>Calls with more than one record.</summary>
    public int Double { get; private set; }

    /// <summary>Recorded, and not received answered.</summary>
    public int Beyond { get; private set; }

    /// <summary>Those of <see cref="Beyond"/> that no kill explains, and calls whose connection ended without one.</summary>
    public int Unexplained { get; private set; }

    /// <summary>Records whose id no call had.</summary>
    public long Strangers { get; init; }

    /// <summary>Whether each answer has its one record, and what is recorded beyond was in flight at a kill.</summary>
    public bool Passed => Missing == 0 && Double == 0 && Unexplained == 0 && Strangers == 0 && Beyond <= InFlight;

    public static bool IsWrong(CallEnd end, int records) => records > 1 || (end == CallEnd.Answered && records == 0) || (end is CallEnd.Refused or CallEnd.NotSent && records > 0) || end == CallEnd.Lost;

    public void Add(CallEnd end, int records)
    {
        Recorded += records;
        Double += records > 1 ? 1 : 0;
        switch (end)
        {
            case CallEnd.Answered:
                Answered++;
                Missing += records == 0 ? 1 : 0;
                break;
            case CallEnd.CutOff:
                InFlight++;
                Beyond += records > 0 ? 1 : 0;
                break;
            case CallEnd.Lost:
                Unexplained++;
                Beyond += records > 0 ? 1 : 0;
                break;
            default:
                (Refused, NotSent) = end == CallEnd.Refused ? (Refused + 1, NotSent) : (Refused, NotSent + 1);
                Beyond += records > 0 ? 1 : 0;
                Unexplained += records > 0 ? 1 : 0;
                break;
        }
    }
}
