namespace Faas.Storage;

/// <summary>
/// What the usage records of the running commit cost, told once they are durable: who watches the spending then knows exactly what the ledger has, whichever way a record came into it. Used by
/// the writer's thread only.
/// </summary>
internal sealed class CommittedSpend
{
    private readonly List<UsageSpend> _running = [];

    /// <summary>Who is told; null for nobody. Called between a commit and the news of it to those who wrote, so it must be quick, and must not throw.</summary>
    public Action<IReadOnlyList<UsageSpend>>? Told { get; set; }

    /// <summary>How much there is so far, for <see cref="UndoTo"/>.</summary>
    public int Mark => _running.Count;

    /// <summary>Adds what the records cost that were added to a chunk.</summary>
    public void Add(IEnumerable<UsageSpend> spent) => _running.AddRange(spent);

    /// <summary>What was added since is undone.</summary>
    public void UndoTo(int mark) => _running.RemoveRange(mark, _running.Count - mark);

    /// <summary>The commit is durable.</summary>
    public void Commit()
    {
        if (_running.Count > 0)
        {
            Told?.Invoke([.. _running]);
            _running.Clear();
        }
    }
}
