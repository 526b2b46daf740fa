using Faas.Contracts.Api;
using Faas.Controller.Hosting;
using Faas.Controller.Scaling;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>Functions as users see them: what is deployed, what runs, what it used.</summary>
internal sealed class FunctionViews(IUsageLedger ledger, Fleet fleet, IdleRule idle, ControllerArguments arguments)
{
    public string UrlOf(string function) => new Uri(arguments.Public, $"/function/{function}").ToString();

    public Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct) => ledger.TotalsAsync(ct);

    public FunctionSummary Summarize(ServingFunction function, IReadOnlyDictionary<string, UsageTotals> totals) =>
        Summarize(function, totals.GetValueOrDefault(function.Function));

    public async Task<FunctionDescription> DescribeAsync(ServingFunction function, CancellationToken ct)
    {
        var totals = await ledger.TotalsAsync(function.Function, ct);
        return new FunctionDescription
        {
            Summary = Summarize(function, totals),
            Spec = function.Revision.Spec,
            Instances = fleet.Read(function.Function, Describe) ?? [],
            Totals = totals,
            LastFailure = fleet.Read(function.Function, pool => pool.LastFailure),
            KeepAlive = fleet.Read(function.Function, idle.Describe) ?? "",
            Decisions = fleet.Read(function.Function, pool => pool.Decisions.Newest.Select(ToDto).ToList()) ?? [],
        };
    }

    private FunctionSummary Summarize(ServingFunction function, UsageTotals? totals)
    {
        var live = fleet.Read(function.Function, pool => Tuple.Create(pool.State, pool.Instances.Count + pool.Starting, LoadOf(pool)));
        return new FunctionSummary
        {
            Name = function.Function,
            Runtime = function.Revision.Spec.Runtime,
            State = live?.Item1 ?? "idle",
            Instances = live?.Item2 ?? 0,
            Load = live?.Item3 ?? new FunctionLoad(0, 0, 0, 0, 0, 0, 0, 0, 0, null),
            ColdStarts = totals?.ColdStarts ?? 0,
            Revision = function.Revision.Id,
            MemoryMiB = function.Revision.Spec.MemoryMiB,
            Invocations = totals?.Invocations ?? 0,
            Cost = totals?.Cost ?? 0,
            DeployedAt = function.DeployedAt,
            Url = UrlOf(function.Function),
        };
    }

    private static List<InstanceDescription> Describe(RevisionPool pool)
    {
        var instances = new List<InstanceDescription>();
        foreach (var instance in pool.Instances.Values.OrderBy(i => i.Handle.StartedAt))
        {
            instances.Add(new InstanceDescription(
                instance.Handle.Id, pool.Revision.Id, instance.State, instance.Handle.StartedAt, instance.InFlight, instance.Handle.Driver));
        }

        return instances;
    }

    private static FunctionLoad LoadOf(RevisionPool pool)
    {
        int busy = 0, ready = 0, frozen = 0, draining = 0;
        foreach (var instance in pool.Instances.Values)
        {
            _ = instance switch
            {
                { Draining: not null } => draining++,
                { Freeze: FreezeState.Freezing or FreezeState.Frozen or FreezeState.Thawing } => frozen++,
                { InFlight: > 0 } => busy++,
                _ => ready++,
            };
        }

        var load = pool.Load;
        return new FunctionLoad(
            busy, ready, frozen, pool.Starting, draining, load.Waiting, load.InFlight, load.RunMs, pool.Activity.Arrivals,
            pool.Decisions.Newest.Select(ToDto).FirstOrDefault());
    }

    private static ScalingDecision ToDto(Decision decision) => new(decision.At, decision.Action, decision.Reason, decision.Times);
}
