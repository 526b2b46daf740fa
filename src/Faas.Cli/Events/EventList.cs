using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Events;

/// <summary>Prints events of one state, one a line.</summary>
internal static class EventList
{
    /// <summary>Most that the platform lists at once.</summary>
    public const int LimitMax = 1000;

    public static async Task<ExitCode> PrintAsync(VerbContext context, InvocationState state, string? function, int limit, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var entries = await client.Events.ListAsync(state, function, limit, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(entries);
            return ExitCode.Ok;
        }

        if (entries.Count == 0)
        {
            Terminal.Note(state == InvocationState.DeadLettered ? "There are no dead letters." : $"No invocations are {EventText.State(state)}.");
            return ExitCode.Ok;
        }

        Print(context, state, entries);
        if (entries.Count == limit)
        {
            Terminal.Note($"These are the first {limit}; there may be more{(limit < LimitMax ? " (--limit)" : "")}. `faas queue` counts them.");
        }

        return ExitCode.Ok;
    }

    private static void Print(VerbContext context, InvocationState state, IReadOnlyList<InvocationDescription> entries)
    {
        var (column, timeOf) = state switch
        {
            InvocationState.Queued => ("due", (Func<InvocationDescription, DateTimeOffset?>)(entry => entry.DueAt)),
            InvocationState.Running => ("started", entry => entry.StartedAt),
            _ => ("ended", entry => entry.EndedAt),
        };
        var table = new TextTable("invocation", "function", "accepted", column, "attempts", "about") { Elastic = "about", Dispensable = ["accepted", "attempts", column] };
        foreach (var entry in entries)
        {
            table.Add(
                entry.Id, entry.Function, Text.Time(entry.AcceptedAt), timeOf(entry) is { } time ? Text.Time(time) : "-", Text.Number((long)entry.Attempts),
                About(entry));
        }

        table.Print(context.Terminal);
    }

    private static string About(InvocationDescription entry)
    {
        var failed = entry.Reason is not null || entry.Failures > 0 ? EventText.Failure(entry) : null;
        return (entry.DeliverTo, failed) switch
        {
            ({ } address, null) => "delivery to " + address,
            ({ } address, _) => $"delivery to {address}: {failed}",
            (null, { }) => failed,
            _ => "-",
        };
    }
}
