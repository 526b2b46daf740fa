using System.Globalization;

namespace Faas.Simulator;

/// <summary>The command line.</summary>
internal sealed record SimulatorArguments(string Folder)
{
    public const string Usage = "usage: simulate.sh TRACE_FOLDER [--policy NAME] [--memory-gb N] [--activation-ms N] [--outward] [--resamples N]";

    /// <summary>Only the policies with this name, or whose name begins with it; null for all.</summary>
    public string? Policy { get; init; }

    public double? MemoryGB { get; init; }

    /// <summary>What a cold start takes. 8 ms: the measured p50 for C#.</summary>
    public double ActivationMs { get; init; } = 8;

    public bool Outward { get; init; }

    public int Resamples { get; init; }

    public static SimulatorArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new SimulatorArguments("");
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new TraceException($"{args[i - 1]} needs a value; {Usage}");
            parsed = args[i] switch
            {
                "--policy" => parsed with { Policy = Value() },
                "--memory-gb" => parsed with { MemoryGB = Number(Value(), "--memory-gb") },
                "--activation-ms" => parsed with { ActivationMs = Number(Value(), "--activation-ms") },
                "--resamples" => parsed with { Resamples = (int)Math.Min(1_000_000, Number(Value(), "--resamples")) },
                "--outward" => parsed with { Outward = true },
                var other when other.StartsWith('-') => throw new TraceException($"unknown option {other}; {Usage}"),
                var folder when parsed.Folder.Length == 0 => parsed with { Folder = folder },
                var other => throw new TraceException($"one folder at a time, not also {other}; {Usage}"),
            };
        }

        return parsed.Folder.Length > 0 ? parsed : throw new TraceException($"the folder of a trace is missing; {Usage}");
    }

    private static double Number(string text, string option) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number) ? number : throw new TraceException($"{option} was '{text}', must be a number above 0");
}
