using System.CommandLine;
using System.Net.Http.Headers;
using Faas.Cli.CommandLine;
using Faas.Cli.Invoking;
using Faas.Cli.Output;
using Faas.Contracts.Functions;

namespace Faas.Cli.Verbs;

/// <summary><c>faas publish</c>: an event for every function that listens to a topic.</summary>
internal static class PublishVerb
{
    private static readonly Argument<string?> Topic = new("TOPIC") { Description = "The topic; functions listen to it by `triggers: [{topic: TOPIC}]`", Arity = ArgumentArity.ZeroOrOne };

    private static readonly BodyOptions Body = new("The event: JSON, or any text", "A header, as ce-type of a CloudEvent (may be repeated)");

    public static Command Create()
    {
        var verb = new Verb(
            "publish", "Publish an event on a topic: it invokes every function that listens",
            "faas publish orders -d '{\"id\": 7}'",
            "faas publish orders -f event.json -H 'content-type: application/cloudevents+json'",
            "faas publish orders --json -d '{\"id\": 7}' -H 'ce-specversion: 1.0' -H 'ce-id: 7' -H 'ce-source: /shop' -H 'ce-type: order.created'")
        {
            Topic, Body.Raw, Body.File, Body.AsJson, Body.Header,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(context, context.Value(Topic), "On which topic? `faas publish TOPIC -d '{}'`.", cancellationToken);
        if (!FunctionName.IsValid(body.Word))
        {
            throw new CliException(ExitCode.Usage, $"'{Text.Shorten(body.Word)}' is not a topic's name; it is made of the characters of function names: a-z, 0-9 and inner hyphens.");
        }

        // Without a content type the platform takes JSON for JSON and everything else for text.
        using var content = new ByteArrayContent(body.Bytes ?? []);
        if (body.IsJson)
        {
            JsonBody.Check(body.Bytes ?? [], "without --json it is sent as it is");
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var client = context.Connect();
        var published = await client.Events.PublishAsync(body.Word, content, body.Headers, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(published);
            return ExitCode.Ok;
        }

        var table = new TextTable("", "");
        table.Add("event", published.Id);
        foreach (var (index, id) in published.Invocations.Index())
        {
            table.Add(index == 0 ? "invocations" : "", id);
        }

        table.Print(context.Terminal);
        return ExitCode.Ok;
    }
}
