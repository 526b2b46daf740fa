using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Usage records of attempts that end in the running commit: added to the ledger all together at its end, because the open chunk is written anew each time.
/// Used by the writer's thread only.
/// </summary>
internal sealed class CommittedUsage(OpenChunk open, CommittedSpend spend)
{
    private readonly List<UsageRecord> _records = [];

    /// <summary>Adds a record to the commit.</summary>
    public void Add(UsageRecord record) => _records.Add(record);

    /// <summary>Writes them, as the commit's last act.</summary>
    public void WriteTo(SqliteSession session)
    {
        if (_records.Count == 0)
        {
            return;
        }

        open.Append(session, chunk => _records.ForEach(chunk.Add));
        UsageRollup.RunIfDue(session);
        _records.Clear();
    }

    /// <summary>What usage costs; told of by <see cref="Commit"/>.</summary>
    public CommittedSpend Spend => spend;

    /// <summary>The commit is durable.</summary>
    public void Commit() => spend.Commit();

    /// <summary>The commit did not happen.</summary>
    public void Drop()
    {
        _records.Clear();
        spend.UndoTo(0);
    }
}
