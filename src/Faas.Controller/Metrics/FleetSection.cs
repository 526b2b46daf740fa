using System.Runtime.InteropServices;
using Faas.Controller.Scaling;

namespace Faas.Controller.Metrics;

/// <summary>Instances and callers, by function. The fleet's lock is held for some 0.1 µs a function.</summary>
internal sealed class FleetSection(FleetTable table) : IMetricSection
{
    private static readonly string[] States = ["busy", "ready", "frozen", "starting", "draining"];

    /// <inheritdoc/>
    public string Name => "fleet";

    /// <inheritdoc/>
    public Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        var loads = Read(labels);
        text.Family("faas_instances", "gauge", "Instances by state, of functions that have any.");
        foreach (var (function, load) in loads)
        {
            for (var state = 0; state < States.Length && load.HasInstances; state++)
            {
                text.Sample(load.Instances[state], ("function", function), ("state", States[state]));
            }
        }

        Write(text, loads, "faas_line_waiting", "Invocations in the waiting line.", static load => load.Waiting);
        Write(text, loads, "faas_invocations_in_flight", "Invocations that run.", static load => load.InFlight);
        Write(text, loads, "faas_line_oldest_seconds", "How long the head of the waiting line has waited.", static load => (decimal)load.Oldest.TotalSeconds);
        Write(text, loads, "faas_instance_memory_bytes", "Memory that instances are allotted.", static load => load.HeldMiB << 20);
        Write(text, loads, "faas_start_failing", "Functions whose last activation failed.", static load => load.Failing);
        return Task.CompletedTask;
    }

    private static void Write(MetricsText text, SortedDictionary<string, Load> loads, string name, string help, Func<Load, decimal> value)
    {
        text.Family(name, "gauge", help);
        foreach (var (function, load) in loads)
        {
            text.Sample(value(load), ("function", function));
        }
    }

    private SortedDictionary<string, Load> Read(FunctionLabels labels)
    {
        var loads = new Dictionary<string, Load>(StringComparer.Ordinal);
        lock (table.Lock)
        {
            foreach (var pool in table.Pools)
            {
                var label = labels.Of(pool.Revision.Function);
                (CollectionsMarshal.GetValueRefOrAddDefault(loads, label, out _) ??= new Load()).Add(pool);
            }
        }

        return new SortedDictionary<string, Load>(loads, StringComparer.Ordinal);
    }

    private sealed class Load
    {
        public int[] Instances { get; } = new int[States.Length];

        public bool HasInstances => Instances.AsSpan().ContainsAnyExcept(0);

        public int Waiting { get; private set; }

        public int InFlight { get; private set; }

        public TimeSpan Oldest { get; private set; }

        public long HeldMiB { get; private set; }

        public int Failing { get; private set; }

        public void Add(RevisionPool pool)
        {
            foreach (var instance in pool.Instances.Values)
            {
                Instances[instance switch
                {
                    { Draining: not null } => 4,
                    { Freeze: FreezeState.Freezing or FreezeState.Frozen or FreezeState.Thawing } => 2,
                    { InFlight: > 0 } => 0,
                    _ => 1,
                }]++;
            }

            Instances[3] += pool.Starting;
            Waiting += pool.Load.Waiting;
            InFlight += pool.Load.InFlight;
            Oldest = pool.Load.Oldest > Oldest ? pool.Load.Oldest : Oldest;
            HeldMiB += pool.HeldMiB;
            Failing += pool.LastFailure is null || pool.IsRetired ? 0 : 1;
        }
    }
}
