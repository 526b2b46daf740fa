using System.CommandLine;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;
using Faas.Cli.Invoking;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invoke</c>: calls a function with an event, or over HTTP as its callers do.</summary>
internal static class InvokeVerb
{
    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly BodyOptions Body = new(
        "The event (JSON), or the body with --method, --path or --header", "Call over HTTP with this header (may be repeated)");

    private static readonly Option<string?> Method = new("--method", "-X") { HelpName = "METHOD", Description = "Call over HTTP with this method" };

    private static readonly Option<string?> Path = new("--path") { HelpName = "/PATH?QUERY", Description = "Call over HTTP with this path below the function's address" };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Show status, call id, timing and cost on stderr (always on a terminal)" };

    public static Command Create()
    {
        var verb = new Verb(
            "invoke", "Invoke a function and print its answer",
            "faas invoke hello -d '{\"name\": \"Ada\"}'",
            "faas invoke hello -f event.json",
            "faas invoke guestbook --method POST --path /entries --json -d '{\"text\": \"hi\"}'",
            "echo '[1, 2]' | faas invoke sum -f -",
            "ID=$(faas invoke resize --async --json -d '{\"id\": 7}')",
            "faas invoke report --async --at 18:30 --callback https://example.com/done",
            "faas invoke resize --async --wait -f photo.json")
        {
            Name, Body.Raw, Body.File, Body.AsJson, Method, Path, Body.Header, Verbose,
        };
        foreach (var option in AsyncOptions.All)
        {
            verb.Add(option);
        }

        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var (name, request) = await ReadAsync(context, cancellationToken);
        using var client = context.Connect();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        var began = context.Time.GetTimestamp();
        try
        {
            using var response = request.IsHttpStyle
                ? await CallAsync(http, request, await FunctionUrlAsync(context, client, request.PublicPrefix + name, cancellationToken), cancellationToken)
                : await client.InvokeAsync(name, request.ToEvent(), request.Order.Headers, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !request.IsHttpStyle)
            {
                throw new FaasApiException(response.StatusCode, await FaasClient.ReadProblemAsync(response, cancellationToken));
            }

            if (request.Order.IsAsync && response.StatusCode == HttpStatusCode.Accepted)
            {
                return await FollowAsync(context, client, response, request.Order, cancellationToken);
            }

            var shows = context.Value(Verbose) || !Console.IsErrorRedirected;
            var exitCode = await InvokeAnswer.PrintAsync(response, shows, context.Time.GetElapsedTime(began), cancellationToken);
            if (shows && InvokeAnswer.CallIdOf(response) is { } id && await InvocationCost.FindAsync(client, name, id, context.Time, cancellationToken) is { } cost)
            {
                Terminal.Note(cost);
            }

            return exitCode;
        }
        catch (InvokeFailure e)
        {
            Report(context, e);
            return e.ExitCode;
        }
    }

    private static async Task<(string Name, InvokeRequest Request)> ReadAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var order = AsyncOptions.Read(context);   // first, so that nobody types on stdin in vain
        var body = await Body.ReadAsync(context, context.Value(Name), "Which function? `faas invoke NAME -d '{}'`; `faas list` shows them.", cancellationToken);
        return (VerbContext.FunctionNameOf(body.Word), new InvokeRequest(body.Bytes, body.IsJson, context.Value(Method), context.Value(Path), body.Headers, order));
    }

    private static async Task<ExitCode> FollowAsync(VerbContext context, FaasClient client, HttpResponseMessage response, AsyncOrder order, CancellationToken cancellationToken)
    {
        var accepted = await EventsClient.ReadAcceptedAsync(response, cancellationToken);
        var isReplay = response.Headers.Contains(AttemptHeaders.Replayed);
        if (!order.Waits)
        {
            AcceptedAnswer.Print(context, accepted, isReplay, order.Delay);
            return ExitCode.Ok;
        }

        AcceptedAnswer.Announce(context, accepted, isReplay, order.Delay);
        return await InvocationEnd.AwaitAsync(context, client.Events, accepted.InvocationId, limit: null, cancellationToken);
    }

    private static async Task<Uri> FunctionUrlAsync(VerbContext context, FaasClient client, string path, CancellationToken cancellationToken)
    {
        // The endpoints file is only about the local platform, so it must be the one that is being talked to.
        var local = PlatformAddress.ReadEndpoints(context.Data);
        var origin = local is not null && Uri.TryCreate(local.AdminUrl, UriKind.Absolute, out var admin) && admin == client.AdminUrl
            ? local.PublicUrl
            : (await client.GetPlatformAsync(cancellationToken)).PublicUrl;
        return new Uri(origin.TrimEnd('/') + path);
    }

    private static async Task<HttpResponseMessage> CallAsync(HttpClient http, InvokeRequest request, Uri url, CancellationToken cancellationToken)
    {
        using var message = request.ToHttp(url);
        try
        {
            return await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new FaasUnreachableException(url, e);
        }
    }

    private static void Report(VerbContext context, InvokeFailure failure)
    {
        if (context.WantsJson)
        {
            Console.Error.WriteLine(System.Text.Json.JsonSerializer.Serialize(failure.Problem, FaasJson.Default.ApiProblem));
        }
        else
        {
            var id = failure.Problem.InvocationId is { } call ? $" (call {call})" : "";
            var kind = failure.Problem.Error.Length > 0 ? failure.Problem.Error + ": " : "";
            Errors.Print(failure.Problem with { Detail = kind + (failure.Problem.Detail.Length > 0 ? failure.Problem.Detail : failure.Problem.Title) + id });
        }
    }
}
