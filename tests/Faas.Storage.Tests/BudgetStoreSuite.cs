namespace Faas.Storage.Tests;

/// <summary>What every <see cref="IBudgetStore"/> must do.</summary>
public abstract class BudgetStoreSuite
{
    private protected static readonly StoredBudget Hello = new("function:hello:month", """{"amount":5}""", "{}");

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IBudgetStore Store { get; }

    [Fact]
    public async Task A_new_store_has_no_budget() => Assert.Empty(await Store.ListAsync(Ct));

    [Fact]
    public async Task A_budget_that_is_saved_again_is_changed()
    {
        await Store.SaveAsync(Hello, Ct);
        await Store.SaveAsync(Hello with { Spec = """{"amount":6}""" }, Ct);
        Assert.Equal(Hello with { Spec = """{"amount":6}""" }, Assert.Single(await Store.ListAsync(Ct)));
    }

    [Fact]
    public async Task What_was_told_is_kept_beside_what_its_user_wrote()
    {
        await Store.SaveAsync(Hello, Ct);
        Assert.True(await Store.SaveStateAsync(Hello.Id, """{"told":80}""", Ct));
        Assert.Equal(Hello with { State = """{"told":80}""" }, Assert.Single(await Store.ListAsync(Ct)));
    }

    [Fact]
    public async Task What_was_told_of_a_budget_that_was_deleted_does_not_bring_it_back()
    {
        await Store.SaveAsync(Hello, Ct);
        Assert.True(await Store.DeleteAsync(Hello.Id, Ct));
        Assert.False(await Store.DeleteAsync(Hello.Id, Ct));
        Assert.False(await Store.SaveStateAsync(Hello.Id, "{}", Ct));
        Assert.Empty(await Store.ListAsync(Ct));
    }

    [Fact]
    public async Task Budgets_are_listed_by_id()
    {
        await Store.SaveAsync(Hello with { Id = "namespace:shop:day" }, Ct);
        await Store.SaveAsync(Hello, Ct);
        Assert.Equal([Hello.Id, "namespace:shop:day"], (await Store.ListAsync(Ct)).Select(budget => budget.Id));
    }
}
