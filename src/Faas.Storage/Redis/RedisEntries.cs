using System.Globalization;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>Entries as the scripts take and give them: in the order of their comments.</summary>
internal static class RedisEntries
{
    /// <summary>How many arguments an entry is.</summary>
    public const int Length = 14;

    /// <summary>Writes the arguments of an entry to be accepted, and claimed if there is a lease.</summary>
    public static void Write(Span<RedisValue> arguments, QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease)
    {
        arguments[0] = entry.Id;
        arguments[1] = entry.Lane;
        arguments[2] = entry.Function;
        arguments[3] = entry.Nonce;
        arguments[4] = UnixMicroseconds.From(entry.DueAt);
        arguments[5] = QueueRows.ToText(entry);
        arguments[6] = body;
        arguments[7] = UnixMicroseconds.From(entry.AcceptedAt);
        arguments[8] = entry.Key?.Key ?? "";
        arguments[9] = entry.Key?.Fingerprint ?? "";
        arguments[10] = entry.Key is { } key ? UnixMicroseconds.From(key.ExpiresAt) : "";
        arguments[11] = lease?.Owner ?? "";
        arguments[12] = lease is null ? "" : UnixMicroseconds.From(lease.StartedAt);
        arguments[13] = lease is null ? "" : UnixMicroseconds.From(lease.Until);
    }

    /// <summary>The arguments that end an attempt.</summary>
    public static RedisValue[] EndArguments(AttemptEnd end)
    {
        const int own = 11;
        var arguments = new RedisValue[own + (Length * end.Follow.Count)];
        arguments[0] = end.Claim.Id;
        arguments[1] = end.Claim.Attempt;
        arguments[2] = (int)end.Next;
        arguments[3] = UnixMicroseconds.From(end.At);
        arguments[4] = end.Failures;
        arguments[5] = end.Next.HasEnded() ? UnixMicroseconds.From(end.Record?.EndedAt ?? end.At) : 0;
        arguments[6] = QueueRows.ToLine(end.Record);
        arguments[7] = end.Reason ?? "";
        arguments[8] = end.Answer is { } answer ? QueueRows.ToText(answer) : "";
        arguments[9] = end.Answer?.Body ?? default;
        arguments[10] = end.Usage is { } usage ? UsageOutbox.ToText(usage) : "";
        for (var i = 0; i < end.Follow.Count; i++)
        {
            Write(arguments.AsSpan(own + (Length * i), Length), end.Follow[i].Entry, end.Follow[i].Body, null);
        }

        return arguments;
    }

    public static Acceptance ReadAcceptance(RedisResult reply)
    {
        var outcome = Text(reply[0]) switch
        {
            "accepted" => AcceptanceOutcome.Accepted,
            "same key" => AcceptanceOutcome.SameKey,
            "key reused" => AcceptanceOutcome.KeyReused,
            "id taken" => AcceptanceOutcome.IdTaken,
            var other => throw new InvalidDataException($"'{other}' is no outcome of an acceptance"),
        };
        return new Acceptance(outcome, Text(reply[1]));
    }

    public static Claims ReadClaims(RedisResult reply, DateTimeOffset startedAt)
    {
        var claims = new Claim[reply[1].Length];
        for (var i = 0; i < claims.Length; i++)
        {
            var claim = reply[1][i];
            claims[i] = new Claim(QueueRows.ParseEntry(Text(claim[0])), (byte[]?)claim[1], (int)claim[2], (int)claim[3], startedAt);
        }

        return new Claims(claims, ReadTime(reply[0]));
    }

    public static QueuedInvocation ReadRow(RedisResult row)
    {
        var state = (InvocationState)(int)row[1];
        return new QueuedInvocation
        {
            Entry = QueueRows.ParseEntry(Text(row[0])),
            State = state,
            At = UnixMicroseconds.ToTime((long)row[2]),
            Attempts = (int)row[3],
            Failures = (int)row[4],
            StartedAt = state == InvocationState.Running ? UnixMicroseconds.ToTime((long)row[5]) : null,
            EndedAt = (long)row[6] is not 0 and var ended ? UnixMicroseconds.ToTime(ended) : null,
            History = QueueRows.ParseHistory(Text(row[7])),
            Reason = Text(row[8]) is { Length: > 0 } reason ? reason : null,
            BodyLength = (long)row[9],
        };
    }

    public static Backlog ReadBacklog(RedisResult lane) => new(Text(lane[0]), (long)lane[1], (long)lane[2], ReadTime(lane[3]));

    public static T[] ReadAll<T>(RedisResult reply, Func<RedisResult, T> read)
    {
        var all = new T[reply.Length];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = read(reply[i]);
        }

        return all;
    }

    public static string Text(RedisResult value) => (string?)value ?? throw new InvalidDataException("a value of the queue is missing in Redis");

    private static DateTimeOffset? ReadTime(RedisResult value) =>
        value.IsNull ? null : UnixMicroseconds.ToTime(long.Parse(Text(value), CultureInfo.InvariantCulture));
}
