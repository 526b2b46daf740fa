using System.CommandLine;
using System.Text;
using System.Text.Unicode;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Verbs;

/// <summary><c>faas dlq show</c>: a dead letter with what its function was given.</summary>
internal static class DlqShowVerb
{
    /// <summary>Longest body that is shown with the rest.</summary>
    private const int BodyShownMax = 16 * 1024;

    private static readonly Argument<string> Id = InvocationArgument.Required();

    private static readonly Option<bool> OnlyBody = new("--body") { Description = "Write only the request's body, as it is" };

    public static Command Create()
    {
        var verb = new Verb(
            "show", "Show a dead letter: its attempts, and the request with its body",
            "faas dlq show 01JD2Z6Q9V", "faas dlq show 01JD2Z6Q9V --body > event.json")
        {
            Id, OnlyBody,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var id = InvocationArgument.IdOf(context.Value(Id)!);
        using var client = context.Connect();
        if (context.Value(OnlyBody))
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(await client.Events.GetDeadLetterBodyAsync(id, cancellationToken), cancellationToken);
            return ExitCode.Ok;
        }

        var letter = await client.Events.DescribeAsync(id, TimeSpan.Zero, cancellationToken);
        if (letter.State != InvocationState.DeadLettered)
        {
            throw new CliException(ExitCode.NotFound, $"Invocation {id} is no dead letter; its state is '{EventText.State(letter.State)}'. `faas invocations show {id}` shows it.");
        }

        if (context.WantsJson)
        {
            Json.Print(letter);
            return ExitCode.Ok;
        }

        await InvocationView.PrintAsync(context, client, letter, cancellationToken);
        if (letter.Request is { } request)
        {
            PrintHeaders(context, request);
        }

        PrintBody(id, await client.Events.GetDeadLetterBodyAsync(id, cancellationToken));
        return ExitCode.Ok;
    }

    private static void PrintHeaders(VerbContext context, InvocationRequest request)
    {
        if (request.Headers.Count == 0)
        {
            return;
        }

        var table = new TextTable("header", "value") { Elastic = "value" };
        foreach (var header in request.Headers)
        {
            table.Add(header.Name, header.Value);
        }

        Terminal.Line();
        table.Print(context.Terminal);
    }

    private static void PrintBody(string id, byte[] body)
    {
        if (body.Length == 0)
        {
            return;
        }

        if (Utf8.IsValid(body) && !body.Contains((byte)0))
        {
            var isShort = body.Length <= BodyShownMax;
            var text = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, BodyShownMax)));
            InvocationView.PrintText(isShort ? "request body:" : $"request body, the first 16 KiB of {Text.Bytes(body.Length)} (--body has all):", text);
        }
        else
        {
            Terminal.Line();
            Terminal.Line($"request body: {Text.Bytes(body.Length)} that are no text; `faas dlq show {id} --body > FILE` writes them.");
        }
    }
}
