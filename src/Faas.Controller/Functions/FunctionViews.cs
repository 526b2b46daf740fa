using Faas.Contracts.Api;
using Faas.Controller.Hosting;
using Faas.Controller.Scaling;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>Functions as users see them: what is deployed, what runs, what it used.</summary>
internal sealed class FunctionViews(IUsageLedger ledger, Fleet fleet, ControllerArguments arguments)
{
    public string UrlOf(string function) => new Uri(arguments.Public, $"/function/{function}").ToString();

    public Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct) => ledger.TotalsAsync(ct);

    public FunctionSummary Summarize(ServingFunction function, IReadOnlyDictionary<string, UsageTotals> totals) =>
        Summarize(function, totals.GetValueOrDefault(function.Function));

    public async Task<FunctionDescription> DescribeAsync(ServingFunction function, CancellationToken ct)
    {
        var totals = await ledger.TotalsAsync(function.Function, ct);
        var instances = fleet.Read(function.Function, Describe) ?? [];
        return new FunctionDescription
        {
            Summary = Summarize(function, totals),
            Spec = function.Revision.Spec,
            Instances = instances,
            Totals = totals,
            LastFailure = fleet.Read(function.Function, pool => pool.LastFailure),
        };
    }

    private FunctionSummary Summarize(ServingFunction function, UsageTotals? totals)
    {
        var live = fleet.Read(function.Function, pool => Tuple.Create(pool.State, pool.Instances.Count + pool.Starting));
        return new FunctionSummary
        {
            Name = function.Function,
            Runtime = function.Revision.Spec.Runtime,
            State = live?.Item1 ?? "idle",
            Instances = live?.Item2 ?? 0,
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
            var state = instance.Draining is null ? "ready" : "draining";
            instances.Add(new InstanceDescription(
                instance.Handle.Id, pool.Revision.Id, state, instance.Handle.StartedAt, instance.InFlight, instance.Handle.Driver));
        }

        return instances;
    }
}
