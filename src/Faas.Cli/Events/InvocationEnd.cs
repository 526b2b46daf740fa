using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Invoking;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Events;

/// <summary>Waits for the end of an invocation and turns it into output and an exit code, as if it had been called and waited for in the first place.</summary>
internal static class InvocationEnd
{
    public static async Task<ExitCode> AwaitAsync(VerbContext context, EventsClient events, string id, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var watches = !context.WantsJson && !Console.IsErrorRedirected;
        var shown = "";
        void Show(InvocationDescription found)
        {
            var line = EventText.Progress(found, context.Time.GetUtcNow());
            if (line != shown)
            {
                Terminal.Note(line);
                shown = line;
            }
        }

        try
        {
            var found = await new InvocationWait(events, context.Time).UntilEndAsync(id, limit, watches ? Show : null, cancellationToken);
            return found is { } ended && ended.State.HasEnded()
                ? await ReportAsync(context, events, ended, cancellationToken)
                : throw new CliException(ExitCode.Error, TimedOut(id, limit!.Value, found, context.Time.GetUtcNow()));
        }
        catch (OperationCanceledException) when (watches)
        {
            Terminal.Note($"It goes on; `faas invocations cancel {id}` ends it.");
            throw;
        }
    }

    private static async Task<ExitCode> ReportAsync(VerbContext context, EventsClient events, InvocationDescription ended, CancellationToken cancellationToken)
    {
        if (context.WantsJson)
        {
            Json.Print(ended);
            return ExitCodeOf(ended.State);
        }

        if (ended.State != InvocationState.Succeeded)
        {
            throw new CliException(ExitCodeOf(ended.State), Sentence(ended));
        }

        await PrintResultAsync(events, ended, cancellationToken);
        return ExitCode.Ok;
    }

    private static async Task PrintResultAsync(EventsClient events, InvocationDescription ended, CancellationToken cancellationToken)
    {
        if (!ended.IsQueued)
        {
            Terminal.Note("It succeeded. It was not asynchronous, so its caller has the answer.");
        }
        else if (ended.Result is { IsKept: false } tooLong)
        {
            Terminal.Note($"It succeeded. Its result of {Text.Bytes(tooLong.Bytes)} is too long to be kept.");
        }
        else if (ended.Result is { Bytes: > 0 })
        {
            try
            {
                using var response = await events.GetResultAsync(ended.Id, cancellationToken);
                await InvokeAnswer.PrintBodyAsync(response, cancellationToken);
            }
            catch (FaasApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                Terminal.Note("It succeeded. Its result is not kept any more.");
            }
        }
        else if (ended.Result is null)
        {
            Terminal.Note("It succeeded. Its result is not kept.");
        }
    }

    private static ExitCode ExitCodeOf(InvocationState state) => state switch
    {
        InvocationState.Succeeded => ExitCode.Ok,
        InvocationState.Cancelled => ExitCode.Error,
        _ => ExitCode.FunctionFailed,
    };

    private static string Sentence(InvocationDescription ended) => ended.State switch
    {
        InvocationState.Cancelled => $"Invocation {ended.Id} was cancelled.",
        InvocationState.DeadLettered =>
            $"Invocation {ended.Id} of '{ended.Function}' is a dead letter: {EventText.Failure(ended)}. `faas dlq show {ended.Id}` shows its attempts, `faas dlq redrive {ended.Id}` runs it again.",
        _ => $"Invocation {ended.Id} of '{ended.Function}' failed: {EventText.Failure(ended)}. `faas invocations show {ended.Id}` shows more.",
    };

    private static string TimedOut(string id, TimeSpan limit, InvocationDescription? found, DateTimeOffset now) =>
        $"Invocation {id} has not ended within {Text.Duration(limit)}{(found is null ? "" : $" ({EventText.Progress(found, now)})")}. It goes on; `faas invocations wait {id}` waits for it again.";
}
