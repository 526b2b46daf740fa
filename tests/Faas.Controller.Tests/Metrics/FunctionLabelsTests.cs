using Faas.Controller.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Metrics;

public sealed class FunctionLabelsTests
{
    private static readonly Dictionary<string, long> Invocations = new() { ["a"] = 1, ["b"] = 30, ["c"] = 20, ["gone"] = 99 };

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public void At_first_those_that_are_used_most_have_labels_of_their_own()
    {
        var labels = new FunctionLabels(2, _clock);
        labels.Choose(["a", "b", "c", "unused"], Invocations);
        Assert.Equal(["b", "c"], labels.Own.Order());
        Assert.Equal(("b", "_other", "_other"), (labels.Of("b"), labels.Of("a"), labels.Of("gone")));
    }

    [Fact]
    public void Who_has_a_label_keeps_it_whatever_others_do()
    {
        var labels = new FunctionLabels(2, _clock);
        labels.Choose(["a", "b"], Invocations);
        var since = labels.Since;
        _clock.Advance(TimeSpan.FromHours(1));
        labels.Choose(["a", "b", "c"], new Dictionary<string, long>(Invocations) { ["c"] = 1_000_000 });
        Assert.Equal(["a", "b"], labels.Own.Order());
        Assert.Equal(since, labels.Since);
    }

    [Fact]
    public void A_deleted_functions_label_is_free_and_the_others_go_on_as_new_series()
    {
        var labels = new FunctionLabels(2, _clock);
        labels.Choose(["a", "b", "c"], Invocations);
        var since = labels.Since;
        _clock.Advance(TimeSpan.FromHours(1));
        labels.Choose(["a", "c"], Invocations);
        Assert.Equal(["a", "c"], labels.Own.Order());
        Assert.NotEqual(since, labels.Since);
        Assert.Null(labels.SinceOf("a"));
        Assert.Equal(labels.Since, labels.SinceOf(FunctionLabels.Other));
    }

    [Fact]
    public void A_new_function_changes_nothing_for_the_others()
    {
        var labels = new FunctionLabels(5, _clock);
        labels.Choose(["a"], Invocations);
        var since = labels.Since;
        _clock.Advance(TimeSpan.FromHours(1));
        labels.Choose(["a", "new"], new Dictionary<string, long>(Invocations) { ["new"] = 7 });   // it was invoked before anybody looked
        Assert.Equal("new", labels.Of("new"));
        Assert.Equal(since, labels.Since);
    }

    [Fact]
    public void With_room_for_none_all_are_others()
    {
        var labels = new FunctionLabels(0, _clock);
        labels.Choose(["a"], Invocations);
        Assert.Equal("_other", labels.Of("a"));
    }
}
