namespace Faas.Storage.Tests;

/// <summary>What every <see cref="ITriggerStore"/> must do.</summary>
public abstract class TriggerStoreSuite
{
    private static readonly TriggerKey Nightly = new("hello/nightly", "hello");

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract ITriggerStore Store { get; }

    [Fact]
    public async Task A_new_store_knows_no_trigger() => Assert.Empty(await Store.LoadAsync(Ct));

    [Fact]
    public async Task The_state_saved_last_is_loaded()
    {
        await Store.SaveStateAsync(Nightly, """{"n":1}""", Sample.Noon, Ct);
        await Store.SaveStateAsync(Nightly, """{"n":2}""", Sample.Noon.AddSeconds(1), Ct);
        Assert.Equal(new StoredTrigger(Nightly, false, """{"n":2}""", Sample.Noon.AddSeconds(1)), Assert.Single(await Store.LoadAsync(Ct)));
    }

    [Fact]
    public async Task A_paused_trigger_stays_paused_when_its_state_is_saved()
    {
        await Store.SetPausedAsync(Nightly, true, null, Sample.Noon, Ct);
        Assert.Equal(new StoredTrigger(Nightly, true, null, Sample.Noon), Assert.Single(await Store.LoadAsync(Ct)));
        await Store.SaveStateAsync(Nightly, "{}", Sample.Noon, Ct);
        Assert.True(Assert.Single(await Store.LoadAsync(Ct)).IsPaused);
    }

    [Fact]
    public async Task Pausing_and_resuming_write_the_state_that_belongs_to_it()
    {
        await Store.SaveStateAsync(Nightly, """{"n":1}""", Sample.Noon, Ct);
        await Store.SetPausedAsync(Nightly, true, """{"n":2}""", Sample.Noon, Ct);
        Assert.Equal((true, """{"n":2}"""), Assert.Single(await Store.LoadAsync(Ct)) is var paused ? (paused.IsPaused, paused.State) : default);
        await Store.SetPausedAsync(Nightly, false, null, Sample.Noon, Ct);
        Assert.Equal((false, null), Assert.Single(await Store.LoadAsync(Ct)) is var resumed ? (resumed.IsPaused, resumed.State) : default);
    }

    [Fact]
    public async Task A_forgotten_trigger_is_gone_and_the_others_are_not()
    {
        await Store.SaveStateAsync(Nightly, "{}", Sample.Noon, Ct);
        await Store.SaveStateAsync(new TriggerKey("hello/hourly", "hello"), "{}", Sample.Noon, Ct);
        Assert.True(await Store.DeleteAsync(Nightly, Ct));
        Assert.False(await Store.DeleteAsync(Nightly, Ct));
        Assert.Equal("hello/hourly", Assert.Single(await Store.LoadAsync(Ct)).Key.Id);
    }

    [Fact]
    public async Task Triggers_are_listed_by_id()
    {
        await Store.SaveStateAsync(new TriggerKey("b/x", "b"), "{}", Sample.Noon, Ct);
        await Store.SetPausedAsync(new TriggerKey("a/x", "a"), true, null, Sample.Noon, Ct);
        Assert.Equal(["a/x", "b/x"], (await Store.LoadAsync(Ct)).Select(trigger => trigger.Key.Id));
    }
}
