using System.Net;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Deployments replace what serves without anybody noticing.</summary>
public abstract class DeployTests(SharedPlatform shared) : PlatformTests(shared)
{
    [Fact]
    public async Task A_function_is_created_updated_and_found_unchanged()
    {
        var name = TestFunctions.NewName("life");
        var (spec, first) = TestFunctions.Python(name, "def handler(e, c): return 'one'");
        var created = await Admin.DeployAsync(spec, first);
        Assert.Equal("created", created.Change);
        Assert.NotNull(created.StartedIn);
        Assert.Equal("one", await Platform.CallAsync(name).TextAsync());

        Assert.Equal(("unchanged", created.Revision), ChangeOf(await Admin.DeployAsync(spec, first)));

        var updated = await Admin.DeployAsync(spec, Bundle.Of(("handler.py", "def handler(e, c): return 'two'")));
        Assert.Equal("updated", updated.Change);
        Assert.NotEqual(created.Revision, updated.Revision);
        Assert.Equal("two", await Platform.CallAsync(name).TextAsync());

        using var deleted = await Admin.DeleteAsync(name);
        Assert.True(deleted.IsSuccessStatusCode);
        await Platform.CallAsync(name).FailsWithAsync("NotFound");
        using var again = await Admin.DeleteAsync(name);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task Configuration_alone_makes_a_new_revision_too()
    {
        var name = TestFunctions.NewName("config");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { Env = new Dictionary<string, string> { ["VERSION"] = "a" } });
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { Env = new Dictionary<string, string> { ["VERSION"] = "b" }, MemoryMiB = 192 });
        var answer = JsonDocument.Parse(await Platform.CallAsync($"{name}/slow?seconds=0").TextAsync()).RootElement;
        Assert.Equal("b", answer.GetProperty("version").GetString());
        Assert.Equal(192, (await Admin.DescribeAsync(name)).Spec.MemoryMiB);
    }

    [Fact]
    public async Task A_function_is_deployed_five_times_under_load_without_a_failed_request()
    {
        var name = TestFunctions.NewName("rolling");
        await DeployVersionAsync(name, 0);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var load = Enumerable.Range(0, 4).Select(_ => LoadAsync(name, enough.Token)).ToArray();
        for (var version = 1; version <= 5; version++)
        {
            await DeployVersionAsync(name, version);
            Assert.Equal($"{version}", await Platform.CallAsync(name).TextAsync());   // who has deployed reads what he wrote
        }

        await enough.CancelAsync();
        var answers = await Task.WhenAll(load);
        Assert.All(answers, seen => Assert.Equal(seen.Order(), seen));   // versions only go up
    }

    [Fact]
    public async Task A_running_invocation_ends_on_the_revision_it_began_on()
    {
        var name = TestFunctions.NewName("during");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { Env = new Dictionary<string, string> { ["VERSION"] = "old" } });
        var running = Platform.CallAsync($"{name}/slow?seconds=4").TextAsync();
        await InFlightAsync(name);
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { Env = new Dictionary<string, string> { ["VERSION"] = "new" } });

        Assert.Contains("new", await Platform.CallAsync($"{name}/slow?seconds=0").TextAsync(), StringComparison.Ordinal);
        Assert.Contains("old", await running, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_deleted_during_an_invocation_lets_it_end()
    {
        var name = TestFunctions.NewName("deleted");
        await Platform.DeployAsync(name, "trouble.py");
        var running = Platform.CallAsync($"{name}/slow?seconds=3").TextAsync();
        await InFlightAsync(name);
        using var deleted = await Admin.DeleteAsync(name);
        Assert.True(deleted.IsSuccessStatusCode);

        Assert.Contains("instance", await running, StringComparison.Ordinal);
        await Platform.CallAsync($"{name}/ok").FailsWithAsync("NotFound");
    }

    [Fact]
    public async Task The_same_deployment_eight_times_at_once_is_one_revision()
    {
        var name = TestFunctions.NewName("twins");
        var (spec, bundle) = TestFunctions.Python(name, "def handler(e, c): return 'same'");
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Admin.TryDeployAsync(spec, bundle)));
        Assert.All(results, result => Assert.Null(result.Problem));
        Assert.Single(results.Select(result => result.Result!.Revision).Distinct());
        Assert.Equal("same", await Platform.CallAsync(name).TextAsync());
    }

    [Fact]
    public async Task Different_deployments_at_once_end_in_one_of_them()
    {
        var name = TestFunctions.NewName("rivals");
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
        {
            var (spec, bundle) = TestFunctions.Python(name, $"def handler(e, c): return 'rival {i}'");
            return Admin.TryDeployAsync(spec, bundle);
        }));

        // A deployment that lost to another one may say so; none may be lost without a word.
        Assert.All(results, result => Assert.True(result.Result is not null || result.Problem!.Status == 409, $"{result.Problem}"));
        Assert.Matches("^rival [0-5]$", await Platform.CallAsync(name).TextAsync());
        var serving = (await Admin.DescribeAsync(name)).Summary.Revision;
        Assert.Contains(results, result => result.Result?.Revision == serving);
    }

    private static (string Change, string Revision) ChangeOf(DeployResult result) => (result.Change, result.Revision);

    private Task<DeployResult> DeployVersionAsync(string name, int version)
    {
        var (spec, bundle) = TestFunctions.Python(name, $"def handler(e, c): return '{version}'");
        return Admin.DeployAsync(spec with { Concurrency = 2 }, bundle);
    }

    private async Task<IReadOnlyList<int>> LoadAsync(string name, CancellationToken enough)
    {
        var seen = new List<int>();
        while (!enough.IsCancellationRequested)
        {
            seen.Add(int.Parse(await Platform.CallAsync(name).TextAsync(), System.Globalization.CultureInfo.InvariantCulture));
        }

        return seen;
    }

    private Task InFlightAsync(string name) =>
        Eventually.HoldsAsync("the call in flight", async () => (await Admin.DescribeAsync(name)).Instances.Any(instance => instance.InFlight > 0));
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class DeployInProcesses(ProcessPlatform platform) : DeployTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class DeployInContainers(DockerPlatform platform) : DeployTests(platform);
