using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Verbs;

/// <summary><c>faas describe</c>: one function, its settings, its instances, what it used, and what scaling did and why.</summary>
internal static class DescribeVerb
{
    /// <summary>More would push the settings off a terminal.</summary>
    private const int DecisionsShown = 10;

    private static readonly Argument<string> Name = FunctionArgument.Required();

    public static Command Create()
    {
        var verb = new Verb(
            "describe", "Show one function: settings, instances, usage, cost, and why it was scaled as it was",
            "faas describe hello", "faas describe hello --output json | jq .totals", "faas describe hello --output json | jq -r '.decisions[] | .action + \": \" + .reason'")
        {
            Name,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var function = await client.DescribeFunctionAsync(VerbContext.FunctionNameOf(context.Value(Name)!), cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(function);
            return ExitCode.Ok;
        }

        var table = new TextTable("", "");
        AddSettings(table, function.Summary, function.Spec);
        AddScaling(table, function);
        foreach (var (label, value) in AsyncText.Lines(function.Spec, await FindQueueAsync(client, function.Summary.Name, cancellationToken)))
        {
            table.Add(label, value);
        }

        AddTotals(table, function.Totals);
        foreach (var (index, line) in BudgetText.Lines(await FindBudgetsAsync(client, cancellationToken), function.Summary.Name).Index())
        {
            table.Add(index == 0 ? "budget" : "", line);
        }

        table.Print(context.Terminal);
        if (function.Instances.Count > 0)
        {
            PrintInstances(context, function.Instances);
        }

        if (function.Decisions.Count > 0)
        {
            PrintDecisions(context, function.Decisions);
        }

        if (function.LastFailure is { } failure)
        {
            context.Terminal.Error("warning", "its last start failed: " + failure);
        }

        return ExitCode.Ok;
    }

    /// <summary>What waits for the function; null when nothing does, or the platform is too old to say.</summary>
    private static async Task<QueueSummary?> FindQueueAsync(FaasClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.Events.ListQueueAsync(cancellationToken)).FirstOrDefault(summary => summary.Function == name);
        }
        catch (FaasApiException)
        {
            return null;   // it is one line of many
        }
    }

    /// <summary>All budgets; none when the platform is too old to say.</summary>
    private static async Task<IReadOnlyList<BudgetDescription>> FindBudgetsAsync(FaasClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Budgets.ListAsync(cancellationToken);
        }
        catch (FaasApiException)
        {
            return [];   // as above
        }
    }

    private static void AddSettings(TextTable table, FunctionSummary summary, FunctionSpec spec)
    {
        table.Add("name", summary.Name);
        table.Add("state", summary.State);
        table.Add("url", summary.Url);
        table.Add("revision", summary.Revision);
        table.Add("deployed", Text.Time(summary.DeployedAt));
        table.Add("runtime", spec.Runtime);
        if (spec.Runtime == Runtimes.Http)
        {
            table.Add(spec.Image is null ? "command" : "image", spec.Image ?? string.Join(' ', spec.Command));
        }
        else
        {
            table.Add("handler", spec.Handler ?? "(found by itself)");
        }

        table.Add("memory", spec.MemoryMiB + " MiB");
        table.Add("cpu", Text.Number(spec.Cpu));
        table.Add("timeout", Text.Duration(spec.Timeout));
        table.Add("network", spec.Network == NetworkKind.None ? "none" : "egress");
        table.Add("env", spec.Env.Count == 0 ? "(none)" : string.Join(", ", spec.Env.Keys.Order(StringComparer.Ordinal)));
    }

    private static void AddScaling(TextTable table, FunctionDescription function)
    {
        var (summary, spec) = (function.Summary, function.Spec);
        table.Add("concurrency", Text.Number((long)spec.Concurrency));
        table.Add("instances", $"{FunctionFigures.Instances(summary)} now, {spec.MinInstances} to {spec.MaxInstances} allowed");
        table.Add("waiting", Text.Number((long)summary.Load.Waiting));
        if (spec.MinActive > 0)
        {
            table.Add("min active", $"{spec.MinActive} while it is in use");
        }

        if (!spec.Freeze)
        {
            table.Add("freeze", "no: idle instances stay awake");
        }

        foreach (var (index, window) in spec.Warm.Index())
        {
            table.Add(index == 0 ? "warm" : "", $"{Text.Count(window.Instances, "instance")} from '{window.Cron}' ({window.TimeZone}) for {Text.Duration(window.For)}");
        }

        table.Add("keep-alive", function.KeepAlive.Length > 0 ? function.KeepAlive : "-");
    }

    private static void AddTotals(TextTable table, UsageTotals totals)
    {
        var cold = totals.Invocations == 0 ? "" : $", {Text.Percent((double)totals.ColdStarts / totals.Invocations)}";
        table.Add("invocations", $"{Text.Number(totals.Invocations)} ({Text.Number(totals.Errors)} failed, {Text.Number(totals.ColdStarts)} cold{cold})");
        table.Add("billed", $"{Text.Number(totals.BilledMs)} ms, {Text.Number(totals.GiBSeconds)} GiB-seconds");
        table.Add("used", totals.CpuSeconds == 0 ? "not known" : $"{Text.Duration(TimeSpan.FromSeconds(totals.CpuSeconds))} of CPU time, {Text.Bytes(totals.PeakKiB * 1024)} of memory at most");
        table.Add("bytes", $"{Text.Bytes(totals.BytesIn)} in, {Text.Bytes(totals.BytesOut)} out");
        table.Add("cost", $"{Text.Cost(totals.Cost)} {totals.Currency}");
    }

    private static void PrintInstances(VerbContext context, IReadOnlyList<InstanceDescription> instances)
    {
        var table = new TextTable("instance", "state", "revision", "in flight", "started", "sandbox") { Dispensable = ["sandbox", "revision"] };
        foreach (var instance in instances)
        {
            table.Add(instance.Id, instance.State, instance.Revision, Text.Number((long)instance.InFlight), Text.Time(instance.StartedAt), instance.Driver);
        }

        Terminal.Line();
        table.Print(context.Terminal);
    }

    private static void PrintDecisions(VerbContext context, IReadOnlyList<ScalingDecision> decisions)
    {
        var now = context.Time.GetUtcNow();
        var table = new TextTable("last decisions", "what", "why", "times") { Elastic = "why" };
        foreach (var decision in Console.IsOutputRedirected ? decisions : decisions.Take(DecisionsShown))
        {
            table.Add(Text.Age(now - decision.At), decision.Action, decision.Reason, Text.Number((long)decision.Times));
        }

        Terminal.Line();
        table.Print(context.Terminal);
    }
}
