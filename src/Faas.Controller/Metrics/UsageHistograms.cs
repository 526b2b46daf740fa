using System.Runtime.InteropServices;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Link;

namespace Faas.Controller.Metrics;

/// <summary>
/// How long invocations ran, waited in line and waited for an activation, by function: of those whose records the ledger has taken since this start. At 40,000 records a second
/// there is no object for any of them. Safe for several threads.
/// </summary>
internal sealed class UsageHistograms
{
    /// <summary>Upper bounds in µs. Few, because every function has them three times; from what a warm call takes to what a timeout allows.</summary>
    private static readonly long[] Bounds = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 60_000_000];

    /// <summary>Names that are kept apart until a scrape finds out which of them are deployed.</summary>
    private const int FunctionsMax = 65_536;

    private static readonly (string Name, string Help)[] Kinds =
    [
        ("faas_invocation_duration_seconds", "How long invocations ran, of those that an instance ran."),
        ("faas_invocation_queue_seconds", "How long invocations waited in line, of those that did."),
        ("faas_invocation_cold_start_seconds", "How long invocations waited for an activation, of those that did."),
    ];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Times> _functions = new(StringComparer.Ordinal);

    /// <summary>Of functions that are no more.</summary>
    private readonly Times _departed = new();

    /// <summary>Prepares the counting of <paramref name="records"/>, sound ones as a gateway writes them, which are about to be stored.</summary>
    public void Read(ReadOnlySpan<byte> records, List<UsageObservation> into)
    {
        lock (_lock)
        {
            ReadOnlySpan<byte> last = default;
            var times = _departed;
            while (!records.IsEmpty && UsageFrame.TryRead(records, out var frame))
            {
                var name = frame.Origin.Slice(1, frame.Origin[0]);
                if (!name.SequenceEqual(last) || last.IsEmpty)
                {
                    last = name;
                    times = TimesOf(name);
                }

                into.Add(new UsageObservation(times, frame.HasInstance ? frame.RunUs : -1, frame.QueuedUs, frame.ColdUs));
                records = records[frame.Length..];
            }
        }
    }

    /// <summary>Counts what has been stored.</summary>
    public void Count(List<UsageObservation> stored)
    {
        lock (_lock)
        {
            foreach (ref readonly var observation in CollectionsMarshal.AsSpan(stored))
            {
                Add(observation.Times, observation.RunUs, observation.QueuedUs, observation.ColdUs);
            }
        }
    }

    /// <summary>Counts one record that has been stored.</summary>
    public void Count(UsageRecord stored)
    {
        lock (_lock)
        {
            Add(TimesOf(stored.Function), stored.Instance.Length > 0 ? Us(stored.Run) : -1, Us(stored.Queued), Us(stored.Cold));
        }
    }

    /// <summary>Writes them, and forgets the functions that are not <paramref name="deployed"/>.</summary>
    public void WriteTo(MetricsText text, FunctionLabels labels, IReadOnlySet<string> deployed)
    {
        var others = new Times();
        var own = new List<(string Function, long[] Cells)>();
        lock (_lock)
        {
            foreach (var (function, times) in _functions)
            {
                if (!deployed.Contains(function))
                {
                    _departed.Add(times);
                    times.IsDeparted = true;
                    _functions.Remove(function);
                }
                else if (labels.Of(function) == FunctionLabels.Other)
                {
                    others.Add(times);
                }
                else
                {
                    own.Add((function, [.. times.Cells]));
                }
            }

            others.Add(_departed);
        }

        own.Add((FunctionLabels.Other, others.Cells));
        own.Sort((one, other) => string.CompareOrdinal(one.Function, other.Function));
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            text.Family(Kinds[kind].Name, "histogram", Kinds[kind].Help);
            foreach (var (function, cells) in own)
            {
                var counts = cells.AsSpan(kind * Times.Width, Times.Width - 1);
                if (counts.ContainsAnyExcept(0))
                {
                    text.Histogram(Bounds, counts, cells[((kind + 1) * Times.Width) - 1], function, labels.SinceOf(function));
                }
            }
        }
    }

    private static long Us(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private void Add(Times times, long runUs, long queuedUs, long coldUs)
    {
        var cells = times.IsDeparted ? _departed.Cells : times.Cells;
        Add(cells, 0, runUs, isCounted: runUs >= 0);
        Add(cells, 1, queuedUs, isCounted: queuedUs > 0);
        Add(cells, 2, coldUs, isCounted: coldUs > 0);
    }

    private static void Add(long[] cells, int kind, long us, bool isCounted)
    {
        if (isCounted)
        {
            var bucket = 0;
            while (bucket < Bounds.Length && us > Bounds[bucket])
            {
                bucket++;
            }

            cells[(kind * Times.Width) + bucket]++;
            cells[((kind + 1) * Times.Width) - 1] += us;
        }
    }

    private Times TimesOf(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[byte.MaxValue];
        return TimesOf(characters[..Encoding.UTF8.GetChars(name, characters)]);
    }

    private Times TimesOf(ReadOnlySpan<char> function)
    {
        var known = _functions.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(function, out var times))
        {
            return times;
        }

        return _functions.Count < FunctionsMax ? _functions[function.ToString()] = new Times() : _departed;
    }

    /// <summary>Three histograms of one function. Guarded by the lock.</summary>
    internal sealed class Times
    {
        /// <summary>Cells of one histogram: its buckets, and its sum in µs.</summary>
        public static readonly int Width = Bounds.Length + 2;

        public long[] Cells { get; } = new long[Width * Kinds.Length];

        /// <summary>The function is gone; what still comes of it belongs to the departed.</summary>
        public bool IsDeparted { get; set; }

        public void Add(Times others)
        {
            for (var i = 0; i < Cells.Length; i++)
            {
                Cells[i] += others.Cells[i];
            }
        }
    }
}

/// <summary>What one record adds to the histograms once it is stored.</summary>
/// <param name="Times">Its function's.</param>
/// <param name="RunUs">µs of running; less than 0 when no instance ran it.</param>
/// <param name="QueuedUs">µs in line.</param>
/// <param name="ColdUs">µs of waiting for an activation.</param>
internal readonly record struct UsageObservation(UsageHistograms.Times Times, long RunUs, long QueuedUs, long ColdUs);
