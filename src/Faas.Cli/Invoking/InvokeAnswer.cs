using System.Net;
using Faas.Cli.CommandLine;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Invoking;

/// <summary>Prints an answer: its body on stdout, what is about it on stderr.</summary>
internal static class InvokeAnswer
{
    /// <param name="response">The answer; its head has arrived.</param>
    /// <param name="shows">Whether status, call id and timing are shown too.</param>
    /// <param name="elapsed">How long the caller waited for the head.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<ExitCode> PrintAsync(HttpResponseMessage response, bool shows, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        var isPlatforms = response.Headers.Contains(Problems.ErrorHeader)
            || (!response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == Problems.MediaType);
        if (isPlatforms)
        {
            throw new InvokeFailure(response.StatusCode, await FaasClient.ReadProblemAsync(response, cancellationToken));
        }

        await PrintBodyAsync(response, cancellationToken);
        if (shows)
        {
            PrintHead(response, elapsed);
        }

        // A function's own 4xx is an answer like any other; its own 5xx says that it failed.
        return (int)response.StatusCode >= 500 ? ExitCode.FunctionFailed : ExitCode.Ok;
    }

    /// <summary>The invocation's id; null when the answer has none.</summary>
    public static string? CallIdOf(HttpResponseMessage response) => Header(response, "X-Call-Id");

    /// <summary>The body on stdout, as it is; on a terminal its last line ends.</summary>
    public static async Task PrintBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var endsLine = await CopyAsync(body, output, cancellationToken);
        if (!endsLine && !Console.IsOutputRedirected)
        {
            Console.Out.WriteLine();
        }
    }

    private static void PrintHead(HttpResponseMessage response, TimeSpan elapsed)
    {
        var parts = new List<string> { $"{(int)response.StatusCode} {response.ReasonPhrase}" };
        if (CallIdOf(response) is { } callId)
        {
            parts.Add("call " + callId);
        }

        if (Header(response, AttemptHeaders.Replayed) is not null)
        {
            parts.Add("(the answer to the earlier call with the same key)");
        }

        if (Header(response, "Server-Timing") is { } timing)
        {
            parts.Add(timing);
        }

        parts.Add("in " + Output.Text.Duration(elapsed));
        Console.Error.WriteLine(string.Join("  ", parts));
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>Each piece as it comes, for functions that stream. True when the last byte was a line feed, or there was none.</summary>
    private static async Task<bool> CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var endsLine = true;
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            await to.FlushAsync(cancellationToken);
            endsLine = buffer[length - 1] == (byte)'\n';
        }

        return endsLine;
    }
}

/// <summary>The platform answered in place of the function.</summary>
internal sealed class InvokeFailure(HttpStatusCode statusCode, ApiProblem problem) : Exception(problem.Detail)
{
    public HttpStatusCode StatusCode { get; } = statusCode;

    public ApiProblem Problem { get; } = problem;

    /// <summary>Not found, the function's fault, or else the platform's or the request's.</summary>
    public ExitCode ExitCode =>
        Problem.Error == nameof(InvocationError.NotFound) || StatusCode == HttpStatusCode.NotFound ? ExitCode.NotFound
        : Problem.Blame == "function" ? ExitCode.FunctionFailed
        : ExitCode.Error;
}
