using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>How entries are read from and written into the columns of the <c>queue</c> table.</summary>
internal static class QueueRows
{
    /// <summary>What <see cref="Read"/> reads, in its order.</summary>
    public const string Columns = "q.entry, q.state, q.at_us, q.attempts, q.failures, q.started_us, q.ended_us, q.history, q.reason, coalesce(length(b.body), 0)";

    /// <summary>The tables that <see cref="Columns"/> are from.</summary>
    public const string Source = "queue q LEFT JOIN queue_bodies b ON b.seq = q.seq";

    public static QueuedInvocation Read(in SqliteRows rows)
    {
        var state = (InvocationState)rows.Int64(1);
        return new QueuedInvocation
        {
            Entry = ParseEntry(rows.Text(0)),
            State = state,
            At = UnixMicroseconds.ToTime(rows.Int64(2)),
            Attempts = (int)rows.Int64(3),
            Failures = (int)rows.Int64(4),
            StartedAt = state == InvocationState.Running ? UnixMicroseconds.ToTime(rows.Int64(5)) : null,
            EndedAt = rows.Int64(6) is not 0 and var ended ? UnixMicroseconds.ToTime(ended) : null,
            History = ParseHistory(rows.Text(7)),
            Reason = rows.Text(8) is { Length: > 0 } reason ? reason : null,
            BodyLength = rows.Int64(9),
        };
    }

    public static string ToText(QueueEntry entry) => JsonSerializer.Serialize(entry, QueueJson.Default.QueueEntry);

    public static QueueEntry ParseEntry(string json) =>
        JsonSerializer.Deserialize(json, QueueJson.Default.QueueEntry) ?? throw new InvalidDataException("an entry of the queue is empty");

    /// <summary>One attempt as a line of the history; empty for null.</summary>
    public static string ToLine(AttemptRecord? record) => record is null ? "" : JsonSerializer.Serialize(record, QueueJson.Default.AttemptRecord) + "\n";

    public static List<AttemptRecord> ParseHistory(string lines)
    {
        var attempts = new List<AttemptRecord>();
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            attempts.Add(JsonSerializer.Deserialize(line, QueueJson.Default.AttemptRecord) ?? throw new InvalidDataException("an attempt of the queue is empty"));
        }

        return attempts;
    }

    /// <summary>An attempt that nobody knows the end of.</summary>
    public static AttemptRecord Cut(int number, DateTimeOffset startedAt, DateTimeOffset noticedAt) => new()
    {
        Number = number,
        StartedAt = startedAt,
        EndedAt = noticedAt,
        IsCut = true,
        Outcome = InvocationError.Unavailable,
        Detail = "cut off: the platform ended before it knew how the run went",
    };

    /// <summary>An attempt that was told to stop because its entry was cancelled.</summary>
    public static AttemptRecord CutByCancellation(int number, DateTimeOffset startedAt, DateTimeOffset cancelledAt) =>
        Cut(number, startedAt, cancelledAt) with { Outcome = InvocationError.CallerGone, Detail = "cancelled while it ran" };

    public static string ToText(StoredAnswer answer) =>
        JsonSerializer.Serialize(new AnswerHead(answer.Status, answer.Headers, answer.Length, answer.File), QueueJson.Default.AnswerHead);

    public static StoredAnswer ParseAnswer(string head, byte[] body)
    {
        var parsed = JsonSerializer.Deserialize(head, QueueJson.Default.AnswerHead) ?? throw new InvalidDataException("an answer in the queue is empty");
        return new StoredAnswer(parsed.Status, parsed.Headers ?? [], body, parsed.Length, parsed.File);
    }
}
