using System.CommandLine;
using System.Net;
using System.Text;
using Faas.Cli.CommandLine;
using Faas.Cli.Invoking;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invoke</c>: calls a function with an event, or over HTTP as its callers do.</summary>
internal static class InvokeVerb
{
    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Option<string?> Data = new("--data-raw", "-d") { HelpName = "DATA", Description = "The event (JSON), or the body with --method, --path or --header" };

    private static readonly Option<string?> DataFile = new("--file", "-f") { HelpName = "FILE", Description = "Read the data from a file; - for stdin" };

    private static readonly Option<string?> AsJson = new("--json")
    {
        HelpName = "DATA", Description = "The data is JSON: it is checked, and sent with content-type: application/json", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Method = new("--method", "-X") { HelpName = "METHOD", Description = "Call over HTTP with this method" };

    private static readonly Option<string?> Path = new("--path") { HelpName = "/PATH?QUERY", Description = "Call over HTTP with this path below the function's address" };

    private static readonly Option<string[]> Header = new("--header", "-H")
    {
        HelpName = "NAME: VALUE", Description = "Call over HTTP with this header (may be repeated)", DefaultValueFactory = _ => [],
    };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Show status, call id and timing on stderr (always on a terminal)" };

    public static Command Create()
    {
        var verb = new Verb(
            "invoke", "Invoke a function and print its answer",
            "faas invoke hello -d '{\"name\": \"Ada\"}'",
            "faas invoke hello -f event.json",
            "faas invoke guestbook --method POST --path /entries --json -d '{\"text\": \"hi\"}'",
            "echo '[1, 2]' | faas invoke sum -f -")
        {
            Name, Data, DataFile, AsJson, Method, Path, Header, Verbose,
        };
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
                ? await CallAsync(http, request, await FunctionUrlAsync(context, client, name, cancellationToken), cancellationToken)
                : await client.InvokeAsync(name, request.ToEvent(), cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !request.IsHttpStyle)
            {
                throw new FaasApiException(response.StatusCode, await FaasClient.ReadProblemAsync(response, cancellationToken));
            }

            var shows = context.Value(Verbose) || !Console.IsErrorRedirected;
            return await InvokeAnswer.PrintAsync(response, shows, context.Time.GetElapsedTime(began), cancellationToken);
        }
        catch (InvokeFailure e)
        {
            Report(context, e);
            return e.ExitCode;
        }
    }

    private static async Task<(string Name, InvokeRequest Request)> ReadAsync(VerbContext context, CancellationToken cancellationToken)
    {
        // `invoke --json hello` means the function hello: an option that may have a value takes the next word, whatever it is.
        var name = context.Value(Name);
        var json = context.Value(AsJson);
        if (name is null)
        {
            (name, json) = (json, null);
        }

        var sources = new[] { context.Value(Data), context.Value(DataFile), json }.Count(source => source is not null);
        if (name is null || sources > 1)
        {
            throw new CliException(ExitCode.Usage, name is null
                ? "Which function? `faas invoke NAME -d '{}'`; `faas list` shows them."
                : "Give the data once: with -d, -f or --json.");
        }

        byte[]? body = context.Value(DataFile) is { } file ? await ReadFileAsync(file, cancellationToken)
            : (context.Value(Data) ?? json) is { } text ? Encoding.UTF8.GetBytes(text)
            : null;
        var isJson = context.Parsed.GetResult(AsJson) is not null;
        return (VerbContext.FunctionNameOf(name), new InvokeRequest(body, isJson, context.Value(Method), context.Value(Path), [.. context.Value(Header)!.Select(ParseHeader)]));
    }

    private static async Task<byte[]> ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        if (file == "-")
        {
            using var content = new MemoryStream();
            await using var input = Console.OpenStandardInput();
            await input.CopyToAsync(content, cancellationToken);
            return content.ToArray();
        }

        return File.Exists(file)
            ? await File.ReadAllBytesAsync(file, cancellationToken)
            : throw new CliException(ExitCode.NotFound, $"There is no file {Text.Shorten(file)}.");
    }

    private static (string Name, string Value) ParseHeader(string header)
    {
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? (header[..colon].Trim(), header[(colon + 1)..].Trim())
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(header)}' is not a header; write it as 'NAME: VALUE'.");
    }

    private static async Task<Uri> FunctionUrlAsync(VerbContext context, FaasClient client, string name, CancellationToken cancellationToken)
    {
        // The endpoints file is only about the local platform, so it must be the one that is being talked to.
        var local = PlatformAddress.ReadEndpoints(context.Data);
        var origin = local is not null && Uri.TryCreate(local.AdminUrl, UriKind.Absolute, out var admin) && admin == client.AdminUrl
            ? local.PublicUrl
            : (await client.GetPlatformAsync(cancellationToken)).PublicUrl;
        return new Uri($"{origin.TrimEnd('/')}/function/{name}");
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
