using System.CommandLine;
using System.Text.Json;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invocations list</c>: asynchronous invocations that have not ended well.</summary>
internal static class InvocationsListVerb
{
    private static readonly InvocationState[] States = [InvocationState.Queued, InvocationState.Running, InvocationState.DeadLettered];

    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Option<string> State = CreateState();

    private static readonly Option<int> Limit =
        new Option<int>("--limit") { HelpName = "N", Description = "At most this many", DefaultValueFactory = _ => 50 }.Between(1, EventList.LimitMax);

    public static Command Create()
    {
        var verb = new Verb(
            "list", "List asynchronous invocations that wait, that run or that are dead letters, in the order of their acceptance",
            "faas invocations list", "faas invocations list --state running hello", "faas invocations list --output json | jq -r '.[].id'")
        {
            Name, State, Limit,
        };
        verb.Does((context, cancellationToken) =>
        {
            var state = Array.Find(States, candidate => Written(candidate) == context.Value(State));
            var function = context.Value(Name) is { } given ? VerbContext.FunctionNameOf(given) : null;
            return EventList.PrintAsync(context, state, function, context.Value(Limit), cancellationToken);
        });
        return verb;
    }

    private static Option<string> CreateState()
    {
        string[] written = [.. States.Select(Written)];
        var option = new Option<string>("--state") { HelpName = string.Join('|', written), Description = "The state that they are in", DefaultValueFactory = _ => written[0] };
        option.AcceptOnlyFromAmong(written);
        return option;
    }

    /// <summary>As the API writes it.</summary>
    private static string Written(InvocationState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}
