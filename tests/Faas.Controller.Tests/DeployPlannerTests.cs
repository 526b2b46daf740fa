using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Functions;

namespace Faas.Controller.Tests;

public sealed class DeployPlannerTests
{
    private static readonly FunctionSpec Spec = new()
    {
        Name = "hello",
        Runtime = Runtimes.Python,
        CodeDigest = new string('a', 64),
        Env = new Dictionary<string, string> { ["KEEP"] = "1", ["GONE"] = "2" },
    };

    [Fact]
    public void A_new_function_is_created() => Assert.Equal("create", DeployPlanner.Plan(null, Spec).Change);

    [Fact]
    public void The_same_function_is_unchanged() => Assert.Equal("unchanged", DeployPlanner.Plan(Spec, Spec with { }).Change);

    [Fact]
    public void An_update_names_each_field_with_its_old_and_new_value()
    {
        var plan = DeployPlanner.Plan(Spec, Spec with { MemoryMiB = 512, Env = new Dictionary<string, string> { ["KEEP"] = "1", ["NEW"] = "3" } });
        Assert.Equal("update", plan.Change);
        Assert.Equal(
            [new FieldChange("env.GONE", "2", null), new FieldChange("env.NEW", null, "3"), new FieldChange("memory", "256MiB", "512MiB")],
            plan.Changes.OrderBy(c => c.Field, StringComparer.Ordinal));
    }

    [Fact]
    public void Settings_of_events_and_triggers_are_changes_too()
    {
        var plan = DeployPlanner.Plan(Spec, Spec with
        {
            Async = new AsyncSpec { MaxAttempts = 5, OnFailure = new Destination { Topic = "failed" } },
            Triggers = [new TriggerSpec { Topic = "orders" }, new TriggerSpec { Topic = "returns", Name = "back" }],
        });
        Assert.Equal("update", plan.Change);
        Assert.Equal(
            [new FieldChange("async.maxAttempts", "3", "5"), new FieldChange("async.onFailure", null, "topic failed"), new FieldChange("triggers", null, "topic orders; topic returns as back")],
            plan.Changes.OrderBy(c => c.Field, StringComparer.Ordinal));
        Assert.Equal("unchanged", DeployPlanner.Plan(Spec, Spec with { Async = new AsyncSpec() }).Change);
    }
}
