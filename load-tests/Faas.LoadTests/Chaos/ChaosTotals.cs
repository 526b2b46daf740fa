using System.Text.Json;

namespace Faas.LoadTests.Chaos;

/// <summary>What came of all rounds: the last line.</summary>
internal sealed class ChaosTotals
{
    private readonly Dictionary<Wrong, int> _wrong = [];

    /// <summary>Events whose callers were promised that they would run.</summary>
    public int Accepted { get; set; }

    /// <summary>Those of them that have succeeded.</summary>
    public int Completed { get; set; }

    /// <summary>Those of them that are dead letters.</summary>
    public int DeadLettered { get; set; }

    /// <summary>Events that ran more than once.</summary>
    public int Duplicates { get; set; }

    /// <summary>Processes killed.</summary>
    public int Kills { get; set; }

    /// <summary>Whether the platform has kept all that it promised.</summary>
    public bool Passed => _wrong.Count == 0;

    /// <summary>Counts an event about which something is wrong, once for each kind.</summary>
    public void Add(IEnumerable<Wrong> kinds)
    {
        foreach (var kind in kinds.Distinct())
        {
            _wrong[kind] = _wrong.GetValueOrDefault(kind) + 1;
        }
    }

    /// <summary>One line of JSON.</summary>
    public string ToLine() => JsonSerializer.Serialize(new
    {
        accepted = Accepted,
        completed = Completed,
        deadLettered = DeadLettered,
        lost = _wrong.GetValueOrDefault(Wrong.Lost),
        duplicates = Duplicates,
        unexplained = _wrong.GetValueOrDefault(Wrong.Unexplained),
        misbilled = _wrong.GetValueOrDefault(Wrong.Misbilled),
        kills = Kills,
    });
}
