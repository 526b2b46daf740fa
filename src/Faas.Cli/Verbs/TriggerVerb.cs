using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas trigger</c>: what invokes functions besides their callers, and what can be done to it.</summary>
internal static class TriggerVerb
{
    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Argument<string> Trigger = new("FUNCTION/NAME") { Description = "The trigger, as `faas trigger list` shows it" };

    public static Command Create() => new Verb(
        "trigger", "List, pause, resume and fire the triggers of functions: schedules, topics, queues, webhooks",
        "faas trigger list", "faas trigger pause report/nightly", "faas trigger fire report/nightly")
    {
        CreateList(),
        CreateChange("pause", "Pause a trigger, also across restarts", "paused", (client, function, name, ct) => client.Triggers.PauseAsync(function, name, ct)),
        CreateChange("resume", "Resume a trigger; what a schedule missed meanwhile is not made up for", "resumed", (client, function, name, ct) => client.Triggers.ResumeAsync(function, name, ct)),
        CreateFire(),
        CreateDelete(),
    };

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List triggers with their state and counts", "faas trigger list", "faas trigger list report --output json | jq '.[].nextAt'") { Name };
        verb.Aliases.Add("ls");
        verb.Does(ListAsync);
        return verb;
    }

    private static Verb CreateChange(string name, string description, string done, Func<FaasClient, string, string, CancellationToken, Task<TriggerDescription>> change)
    {
        var verb = new Verb(name, description, $"faas trigger {name} report/nightly") { Trigger };
        verb.Does(async (context, ct) =>
        {
            var (function, trigger) = TriggerOf(context);
            using var client = context.Connect();
            var changed = await change(client, function, trigger, ct);
            Print(context, changed, $"{changed.Id} {done}");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateFire()
    {
        var verb = new Verb("fire", "Give the function an event as if the schedule had come due now", "faas trigger fire report/nightly", "faas trigger fire report/nightly --output json | jq -r .invocation")
        {
            Trigger,
        };
        verb.Does(async (context, ct) =>
        {
            var (function, trigger) = TriggerOf(context);
            using var client = context.Connect();
            var firing = await client.Triggers.FireAsync(function, trigger, ct);
            Print(context, firing, firing.Invocation);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateDelete()
    {
        var verb = new Verb(
            "delete", "Forget how far a trigger has come; it stays paused until it is resumed or taken out of the manifest", "faas trigger delete report/nightly")
        {
            Trigger,
        };
        verb.Does(async (context, ct) =>
        {
            var (function, trigger) = TriggerOf(context);
            using var client = context.Connect();
            await client.Triggers.DeleteAsync(function, trigger, ct);
            Print<IReadOnlyList<string>>(context, [$"{function}/{trigger}"], $"{function}/{trigger} forgotten and paused");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<ExitCode> ListAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var function = context.Value(Name) is { } given ? VerbContext.FunctionNameOf(given) : null;
        var triggers = await client.Triggers.ListAsync(function, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(triggers);
            return ExitCode.Ok;
        }

        if (triggers.Count == 0)
        {
            Terminal.Note("No triggers. A function has them under 'triggers:' in its manifest.");
            return ExitCode.Ok;
        }

        var table = new TextTable("trigger", "kind", "subject", "state", "next", "lag", "events", "1 min", "failed", "skipped", "last", "detail")
        {
            Dispensable = ["1 min", "skipped", "last", "kind", "next"],
            Elastic = "detail",
        };
        foreach (var trigger in triggers)
        {
            table.Add(
                trigger.Id, trigger.Kind, trigger.Subject, StateOf(trigger.State), TimeOf(trigger.NextAt), trigger.Lag is { } lag ? Text.Number(lag) : "-", Text.Number(trigger.Events), Text.Number(trigger.EventsLastMinute),
                Text.Number(trigger.Failures), Text.Number(trigger.Skipped), TimeOf(trigger.LastEventAt), Text.FirstLine(trigger.Detail ?? trigger.LastError));
        }

        table.Print(context.Terminal);
        return ExitCode.Ok;
    }

    private static (string Function, string Name) TriggerOf(VerbContext context)
    {
        var id = context.Value(Trigger)!;   // it is required
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < id.Length - 1
            ? (VerbContext.FunctionNameOf(id[..slash]), VerbContext.FunctionNameOf(id[(slash + 1)..]))
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(id)}' is not a trigger; write FUNCTION/NAME, as `faas trigger list` shows it.");
    }

    private static void Print<T>(VerbContext context, T value, string line)
    {
        if (context.WantsJson)
        {
            Json.Print(value);
        }
        else
        {
            Terminal.Line(line);
        }
    }

    private static string StateOf(TriggerState state) => state == TriggerState.BackingOff ? "backing off" : state.ToString().ToLowerInvariant();

    private static string TimeOf(DateTimeOffset? time) => time is { } at ? Text.Time(at) : "-";
}
