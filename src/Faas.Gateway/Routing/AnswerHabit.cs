namespace Faas.Gateway.Routing;

/// <summary>
/// Whether a function's answers usually are long, or come as they are made. What is sent over a shared connection must then be moved to one of its own, each time at the cost of opening it; where that is
/// usual the request goes over a data connection at once. Only an advice: from any thread, and a lost count does no harm.
/// </summary>
internal sealed class AnswerHabit
{
    private const int CountMax = 8;
    private const int LongFrom = 4;

    private int _count;

    /// <summary>Whether they usually are.</summary>
    public bool AreLong => Volatile.Read(ref _count) >= LongFrom;

    /// <summary>One was.</summary>
    public void NoteLong()
    {
        if (_count < CountMax)
        {
            _count++;
        }
    }

    /// <summary>One was not.</summary>
    public void NoteSmall()
    {
        if (_count > 0)
        {
            _count--;
        }
    }
}
