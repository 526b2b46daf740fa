using System.CommandLine;
using System.Text;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Invoking;

/// <summary>The options that say what is sent: <c>-d</c>, <c>-f</c>, <c>--json</c> and <c>-H</c>.</summary>
internal sealed class BodyOptions(string rawDescription, string headerDescription)
{
    public Option<string?> Raw { get; } = new("--data-raw", "-d") { HelpName = "DATA", Description = rawDescription };

    public Option<string?> File { get; } = new("--file", "-f") { HelpName = "FILE", Description = "Read the data from a file; - for stdin" };

    public Option<string?> AsJson { get; } = new("--json")
    {
        HelpName = "DATA", Description = "The data is JSON: it is checked, and sent with content-type: application/json", Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<string[]> Header { get; } = new("--header", "-H")
    {
        HelpName = "NAME: VALUE", Description = headerDescription, DefaultValueFactory = _ => [],
    };

    /// <summary>What was given.</summary>
    /// <param name="context">The command line.</param>
    /// <param name="word">The verb's argument; null when it has none.</param>
    /// <param name="advice">What to write when there really is none.</param>
    /// <param name="cancellationToken">Ends the reading of a file.</param>
    public async Task<GivenBody> ReadAsync(VerbContext context, string? word, string advice, CancellationToken cancellationToken)
    {
        // `invoke --json hello` means the function hello: an option that may have a value takes the next word, whatever it is.
        var json = context.Value(AsJson);
        if (word is null)
        {
            (word, json) = (json, null);
        }

        var sources = new[] { context.Value(Raw), context.Value(File), json }.Count(source => source is not null);
        if (word is null || sources > 1)
        {
            throw new CliException(ExitCode.Usage, word is null ? advice : "Give the data once: with -d, -f or --json.");
        }

        byte[]? bytes = context.Value(File) is { } file ? await ReadFileAsync(file, cancellationToken)
            : (context.Value(Raw) ?? json) is { } text ? Encoding.UTF8.GetBytes(text)
            : null;
        return new GivenBody(word, bytes, context.Parsed.GetResult(AsJson) is not null, [.. context.Value(Header)!.Select(ParseHeader)]);
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

        return System.IO.File.Exists(file)
            ? await System.IO.File.ReadAllBytesAsync(file, cancellationToken)
            : throw new CliException(ExitCode.NotFound, $"There is no file {Text.Shorten(file)}.");
    }

    private static HeaderField ParseHeader(string header)
    {
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new HeaderField(header[..colon].Trim(), header[(colon + 1)..].Trim())
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(header)}' is not a header; write it as 'NAME: VALUE'.");
    }
}

/// <summary>What was given on the command line to be sent.</summary>
/// <param name="Word">The verb's argument: to whom.</param>
/// <param name="Bytes">The body; null when none was given.</param>
/// <param name="IsJson">Whether it is to be sent as JSON.</param>
/// <param name="Headers">Headers.</param>
internal sealed record GivenBody(string Word, byte[]? Bytes, bool IsJson, IReadOnlyList<HeaderField> Headers);
