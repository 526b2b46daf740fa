using System.Text.Json;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>What every <see cref="IFunctionStore"/> must do.</summary>
public abstract class FunctionStoreSuite
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IFunctionStore Store { get; }

    [Fact]
    public async Task A_function_that_was_set_to_serve_is_listed_with_its_whole_revision()
    {
        var revision = Revision("hello", "r1");
        await Store.SaveRevisionAsync(revision, Ct);
        Assert.True(await Store.SetServingAsync("hello", "r1", Noon.AddMinutes(1), null, Ct));

        var serving = Assert.Single(await Store.ListServingAsync(Ct));
        Assert.Equal("hello", serving.Function);
        Assert.Equal(Noon.AddMinutes(1), serving.DeployedAt);
        Assert.Equal((revision.Id, revision.BuildDigest, revision.CreatedAt), (serving.Revision.Id, serving.Revision.BuildDigest, serving.Revision.CreatedAt));
        Assert.Equal(JsonSerializer.Serialize(revision.Spec), JsonSerializer.Serialize(serving.Revision.Spec));
    }

    [Fact]
    public async Task A_revision_that_is_only_saved_does_not_serve()
    {
        await Store.SaveRevisionAsync(Revision("hello", "r1"), Ct);
        Assert.Empty(await Store.ListServingAsync(Ct));
    }

    [Fact]
    public async Task Saving_a_revision_again_changes_nothing()
    {
        await DeployAsync("hello", "r1");
        await Store.SaveRevisionAsync(Revision("hello", "r1") with { BuildDigest = "other" }, Ct);
        Assert.Equal("build-r1", Assert.Single(await Store.ListServingAsync(Ct)).Revision.BuildDigest);
    }

    [Fact]
    public async Task Two_functions_may_use_the_same_revision_id()
    {
        await DeployAsync("one", "r1");
        await DeployAsync("two", "r1");
        Assert.Equal(["one", "two"], (await Store.ListServingAsync(Ct)).Select(serving => serving.Revision.Spec.Name));
    }

    [Fact]
    public async Task What_serves_changes_only_if_the_expected_revision_serves()
    {
        await DeployAsync("hello", "r1");
        await Store.SaveRevisionAsync(Revision("hello", "r2"), Ct);

        Assert.False(await Store.SetServingAsync("hello", "r2", Noon, null, Ct));
        Assert.False(await Store.SetServingAsync("hello", "r2", Noon, "r0", Ct));
        Assert.False(await Store.SetServingAsync("other", "r2", Noon, "r1", Ct));
        Assert.True(await Store.SetServingAsync("hello", "r2", Noon, "r1", Ct));
        Assert.Equal("r2", Assert.Single(await Store.ListServingAsync(Ct)).Revision.Id);
    }

    [Fact]
    public async Task Of_many_deployments_that_expect_the_same_revision_exactly_one_wins()
    {
        await DeployAsync("hello", "r0");
        var candidates = Enumerable.Range(1, 32).Select(i => $"r{i}").ToList();
        await Task.WhenAll(candidates.Select(id => Store.SaveRevisionAsync(Revision("hello", id), Ct)));

        var won = await Task.WhenAll(candidates.Select(id => Task.Run(() => Store.SetServingAsync("hello", id, Noon, "r0", Ct), Ct)));

        var winner = Assert.Single(candidates.Zip(won), pair => pair.Second).First;
        Assert.Equal(winner, Assert.Single(await Store.ListServingAsync(Ct)).Revision.Id);
    }

    [Fact]
    public async Task Of_two_deployments_that_create_a_function_exactly_one_wins()
    {
        await Store.SaveRevisionAsync(Revision("hello", "r1"), Ct);
        await Store.SaveRevisionAsync(Revision("hello", "r2"), Ct);
        var won = await Task.WhenAll(
            Task.Run(() => Store.SetServingAsync("hello", "r1", Noon, null, Ct), Ct),
            Task.Run(() => Store.SetServingAsync("hello", "r2", Noon, null, Ct), Ct));
        Assert.Single(won, true);
    }

    [Fact]
    public async Task A_revision_that_was_never_saved_cannot_serve()
    {
        await Store.SaveRevisionAsync(Revision("other", "r1"), Ct);
        var exception = await Assert.ThrowsAsync<StoreException>(() => Store.SetServingAsync("hello", "r1", Noon, null, Ct));
        Assert.Equal(StoreFailure.UnknownRevision, exception.Failure);
        Assert.Empty(await Store.ListServingAsync(Ct));
    }

    [Fact]
    public async Task A_deleted_function_is_gone_and_can_be_created_again()
    {
        await DeployAsync("hello", "r1");
        Assert.True(await Store.DeleteFunctionAsync("hello", Ct));
        Assert.False(await Store.DeleteFunctionAsync("hello", Ct));
        Assert.Empty(await Store.ListServingAsync(Ct));

        await DeployAsync("hello", "r1");
        Assert.Single(await Store.ListServingAsync(Ct));
    }

    [Fact]
    public async Task Deleting_a_function_that_does_not_serve_yet_leaves_its_first_deployment_alone()
    {
        await Store.SaveRevisionAsync(Revision("hello", "r1"), Ct);
        Assert.False(await Store.DeleteFunctionAsync("hello", Ct));
        Assert.True(await Store.SetServingAsync("hello", "r1", Noon, null, Ct));
    }

    private async Task DeployAsync(string function, string id)
    {
        await Store.SaveRevisionAsync(Revision(function, id), Ct);
        Assert.True(await Store.SetServingAsync(function, id, Noon, null, Ct));
    }
}
