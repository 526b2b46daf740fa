using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Invoking;

/// <summary>The options of asynchronous invocations.</summary>
internal static class AsyncOptions
{
    private const int KeyLengthMax = 255;

    private static readonly Option<bool> Async = new("--async") { Description = "Queue it, print its id and do not wait for its answer" };

    private static readonly Option<TimeSpan?> Delay =
        QuantityOption.Duration("--delay", "With --async: run it after this time, like 30s, 5m or 2h", (TimeSpan.Zero, TimeSpan.FromDays(3650)), "a time like 30s, 5m or 2h");

    private static readonly Option<string?> At = new("--at")
    {
        HelpName = "TIME", Description = "With --async: run it at this time, like 18:30 (the next one, local time) or 2030-01-31T18:30:00Z",
    };

    // Not --key: that is the key of the management API, for all verbs.
    private static readonly Option<string?> Key = new("--idempotency-key")
    {
        HelpName = "KEY", Description = "Calls with the same key are one invocation: repeated ones get its answer (with --async: its id)",
    };

    private static readonly Option<string?> Callback = new("--callback") { HelpName = "URL", Description = "With --async: have the result sent there, as a signed POST" };

    private static readonly Option<bool> Wait = new("--wait") { Description = "With --async: wait until it has ended, and print its result" };

    public static IReadOnlyList<Option> All { get; } = [Async, Delay, At, Key, Callback, Wait];

    /// <summary>What they say together.</summary>
    /// <exception cref="CliException">They contradict each other, or one of them is not what it has to be.</exception>
    public static AsyncOrder Read(VerbContext context)
    {
        var isAsync = context.Value(Async);
        if (!isAsync && new Option[] { Delay, At, Callback, Wait }.FirstOrDefault(option => context.Parsed.GetResult(option) is { Implicit: false }) is { } alone)
        {
            throw new CliException(ExitCode.Usage, $"{alone.Name} is for asynchronous invocations; add --async.");
        }

        var delay = context.Value(Delay);
        if (context.Value(At) is { } at)
        {
            delay = delay is null
                ? DueTime.DelayUntil(at, context.Time.GetUtcNow(), context.Time.LocalTimeZone)
                : throw new CliException(ExitCode.Usage, "Say once when it is to run: with --delay or --at.");
        }

        return new AsyncOrder(isAsync, delay ?? TimeSpan.Zero, Check(context.Value(Key)), CheckAddress(context.Value(Callback)), context.Value(Wait));
    }

    private static string? Check(string? key) =>
        key is null || (key.Length is > 0 and <= KeyLengthMax && !key.AsSpan().ContainsAnyExceptInRange('!', '~'))
            ? key
            : throw new CliException(ExitCode.Usage, $"{Key.Name} must be 1 to {KeyLengthMax} visible ASCII characters.");

    private static string? CheckAddress(string? url) =>
        url is null || (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && !url.Any(char.IsControl))
            ? url
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(url)}' is no address for --callback; write it like https://example.com/done.");
}
