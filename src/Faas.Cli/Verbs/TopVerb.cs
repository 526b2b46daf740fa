using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Cli.Watching;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas top</c>: the load of the machine and of the functions, as it changes.</summary>
internal static class TopVerb
{
    private static readonly Argument<string?> NamePart = FunctionArgument.Part();

    /// <summary>As fast as one reads.</summary>
    private static readonly TimeSpan StandardInterval = TimeSpan.FromSeconds(1);

    private static readonly Option<TimeSpan?> Interval = QuantityOption.Duration(
        "--interval", "Time between two views [default: 1s]", (TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(1)), "a duration from 200ms to 1m");

    private static readonly Option<bool> Once = new("--once") { Description = "Print one view and end; so it is too where stdout is no terminal, unless --output json" };

    private static readonly Option<string> Sort = CreateSort();

    public static Command Create()
    {
        var verb = new Verb(
            "top", "Watch the load: machine, functions, their instances, and what scaling does about it",
            "faas top                                         until Ctrl-C",
            "faas top shop --sort rate --interval 500ms       functions whose name contains 'shop'",
            "faas top --once                                  one view",
            "faas top --output json | jq .allottedMiB         a reading a line, one each second")
        {
            NamePart, Interval, Sort, Once,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var feed = new LoadFeed(client, context.Time);
        var view = new LoadView(context.Value(NamePart), Enum.Parse<FunctionOrder>(context.Value(Sort)!, ignoreCase: true));
        var console = context.Terminal.Out;
        var canRedraw = !Console.IsOutputRedirected && console.Profile.Capabilities.Ansi;
        if (context.Value(Once) || (!context.WantsJson && !canRedraw))
        {
            await PrintOnceAsync(context, feed, view, cancellationToken);
            return ExitCode.Ok;
        }

        try
        {
            await (context.WantsJson ? PrintLinesAsync(context, feed, cancellationToken) : new LiveView(console, feed, view, context.Time).RunAsync(IntervalOf(context), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is how watching ends.
        }

        return ExitCode.Ok;
    }

    private static async Task PrintOnceAsync(VerbContext context, LoadFeed feed, LoadView view, CancellationToken cancellationToken)
    {
        var change = await feed.ReadAsync(cancellationToken);
        if (context.WantsJson)
        {
            PrintLine(context, change.Now);
            return;
        }

        // The second reading is for what needs two: requests a second, and how busy the cores are.
        await Task.Delay(IntervalOf(context), context.Time, cancellationToken);
        change = await feed.ReadAsync(cancellationToken);
        var profile = context.Terminal.Out.Profile;
        foreach (var line in view.Lines(change, context.Time.GetUtcNow(), Console.IsOutputRedirected ? null : (profile.Width, profile.Height - 1)))
        {
            Terminal.Line(line.Text);
        }
    }

    private static async Task PrintLinesAsync(VerbContext context, LoadFeed feed, CancellationToken cancellationToken)
    {
        PrintLine(context, (await feed.ReadAsync(cancellationToken)).Now);
        var isAway = false;
        while (!Native.IsOutputUnread())   // `faas top -o json | head` ends
        {
            await Task.Delay(IntervalOf(context), context.Time, cancellationToken);
            try
            {
                PrintLine(context, (await feed.ReadAsync(cancellationToken)).Now);
                isAway = false;
            }
            catch (Exception e) when (LoadFeed.IsAway(e))
            {
                if (!isAway)
                {
                    Errors.Report(e, context.Parsed);   // once; it is tried again until it is back
                }

                isAway = true;
            }
        }
    }

    private static TimeSpan IntervalOf(VerbContext context) => context.Value(Interval) ?? StandardInterval;

    private static void PrintLine(VerbContext context, PlatformLoad load) =>
        Json.PrintLine(context.Value(NamePart) is { } part ? load with { Functions = [.. load.Functions.Where(function => LoadView.IsNamed(function, part))] } : load);

    private static Option<string> CreateSort()
    {
        var option = new Option<string>("--sort")
        {
            HelpName = "load|name|rate|cold|memory", Description = "What functions are sorted by; load is what runs and waits", DefaultValueFactory = _ => "load",
        };
        option.AcceptOnlyFromAmong("load", "name", "rate", "cold", "memory");
        return option;
    }
}
