using System.Globalization;
using Faas.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Faas.Cli.Watching;

/// <summary>Redraws a view in place on a terminal until it is interrupted. The last one stays.</summary>
internal sealed class LiveView(IAnsiConsole console, LoadFeed feed, LoadView view, TimeProvider time)
{
    private LoadChange? _change;
    private (Exception Error, DateTimeOffset Since)? _away;

    // The cursor stays behind the last line, so that one is kept free.
    private (int Columns, int Rows) Size => (Math.Max(1, console.Profile.Width - 1), Math.Max(1, console.Profile.Height - 1));

    public async Task RunAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        // Where nothing answers from the beginning the address is wrong; that is the caller's to report.
        _change = await feed.ReadAsync(cancellationToken);
        await console.Live(Draw()).Overflow(VerticalOverflow.Crop).StartAsync(async live =>
        {
            live.Refresh();
            while (true)
            {
                await Task.Delay(interval, time, cancellationToken);
                await ReadAsync(cancellationToken);
                live.UpdateTarget(Draw());
            }
        });
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            _change = await feed.ReadAsync(cancellationToken);
            _away = null;
        }
        catch (Exception e) when (LoadFeed.IsAway(e))
        {
            _away = (e.InnerException ?? e, _away?.Since ?? time.GetUtcNow());
        }
    }

    private Rows Draw()
    {
        var size = Size;   // each time anew: the window may have been resized
        var lines = view.Lines(_change!, time.GetUtcNow(), _away is null ? size : (size.Columns, size.Rows - 1)).ToList();
        if (_away is { } away)
        {
            var since = away.Since.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
            var text = Output.Text.WithoutControls(Output.Text.FirstLine(away.Error.Message));
            lines.Add(new ViewLine(Output.Text.Shorten($"The platform is away since {since}, trying again: {text}", size.Columns), ViewTone.Failing));
        }

        return new Rows(lines.Select(line => (IRenderable)new Spectre.Console.Text(line.Text, StyleOf(line.Tone)) { Overflow = Overflow.Crop }));
    }

    private static Style StyleOf(ViewTone tone) => tone switch
    {
        ViewTone.Header => new Style(decoration: Decoration.Invert),
        ViewTone.Faint => new Style(Color.Grey),
        ViewTone.Waiting => new Style(Color.Yellow),
        ViewTone.Failing => new Style(Color.Red),
        _ => Style.Plain,
    };
}
