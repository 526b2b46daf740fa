using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Parts of the platform are killed without warning. Each test has a platform of its own, because afterwards it is another one.</summary>
public abstract class SurviveTests(string sandbox)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_its_controller_the_gateway_goes_on_and_the_next_one_adopts_the_instances()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("steady", "trouble.py");
        var instance = await platform.CallAsync("steady/ok").TextAsync();
        var controller = await platform.ControllerAsync();

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var load = LoadAsync(platform, "steady/ok", enough.Token);
        Assert.NotEqual(controller, await platform.KillAndAwaitSuccessorAsync("controller"));
        await AdminAnswersAsync(platform);
        await enough.CancelAsync();

        var seen = await load;
        Assert.All(seen, answer => Assert.Equal(instance, answer));
        Assert.Equal(instance, await platform.CallAsync("steady/ok").TextAsync());
        var described = await platform.Admin.DescribeAsync("steady");
        Assert.Equal(JsonDocument.Parse(instance).RootElement.GetProperty("instance").GetString(), Assert.Single(described.Instances).Id);

        // The new one is in charge of everything: it starts, stops and deploys.
        await platform.DeployAsync("after", "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        Assert.Equal("hello", await platform.CallAsync("after").TextAsync());
        await platform.Admin.InstancesAsync("after", 0);
        Assert.Equal("hello", await platform.CallAsync("after").TextAsync());
    }

    [Fact]
    public async Task A_cold_call_while_the_controller_is_away_waits_for_the_next_one()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("cold", "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        await platform.Admin.InstancesAsync("cold", 0);
        ProcessTable.Signal(await platform.ControllerAsync(), ProcessTable.SigKill);
        Assert.Equal("hello", await platform.CallAsync("cold").TextAsync());
    }

    [Fact]
    public async Task A_new_gateway_takes_over_and_nothing_acknowledged_is_missing_from_the_records()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("counted", "trouble.py");
        var ids = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 50; i++)
            {
                var id = $"counted-{round}-{i}";
                await platform.CallAsync("counted/ok", callId: id).TextAsync();
                ids.Add(id);
            }

            await platform.KillAndAwaitSuccessorAsync("gateway");
            await Eventually.HoldsAsync("the new gateway answers", async () => await AnswersAsync(platform, "hello"));
        }

        await Eventually.HoldsAsync("every acknowledged invocation in the records", async () =>
        {
            var records = await platform.Admin.InvocationsAsync("function=counted&limit=1000");
            Assert.Equal(records.Count, records.Select(record => record.InvocationId).Distinct().Count());
            return !ids.Except(records.Select(record => record.InvocationId)).Any();
        });
    }

    [Fact]
    public async Task Events_that_were_accepted_run_although_controller_and_gateway_are_killed()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("events", "trouble.py");
        var accepted = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            foreach (var part in (string[])["controller", "gateway"])
            {
                // Those under way at the kill wait for the next controller; a killed gateway breaks its callers' connections, and they don't know.
                var calls = Enumerable.Range(0, 30).Select(_ => TryAcceptAsync(platform)).ToList();
                await platform.KillAndAwaitSuccessorAsync(part);
                accepted.AddRange((await Task.WhenAll(calls)).OfType<string>());
                await Eventually.HoldsAsync("the platform answers", async () => await AnswersAsync(platform, "hello"));
                accepted.Add(await platform.AcceptAsync("events", "/ok"));
            }
        }

        await AdminAnswersAsync(platform);
        Assert.True(accepted.Count >= 4);
        foreach (var id in accepted)
        {
            var ended = await platform.Admin.EndedAsync(id);
            Assert.True(ended.State == InvocationState.Succeeded, $"{id} is {ended.State}: {ended.Reason}");
            // What never began (the gateway was away) leaves no trace; what did was cut off, but for the last one.
            Assert.All(ended.History.SkipLast(1), attempt => Assert.True(attempt.IsCut));
            Assert.False(ended.History[^1].IsCut);
            Assert.Single(await platform.Admin.InvocationsAsync($"id={id}"));
        }
    }

    [Fact]
    public async Task After_both_were_killed_everything_is_back()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("both", "trouble.py");
        await platform.CallAsync("both/ok").TextAsync();
        var (controller, gateway) = (await platform.ControllerAsync(), await platform.GatewayAsync());
        ProcessTable.Signal(controller, ProcessTable.SigKill);
        ProcessTable.Signal(gateway, ProcessTable.SigKill);

        await Eventually.HoldsAsync("both functions answer again", async () => await AnswersAsync(platform, "both/ok") && await AnswersAsync(platform, "hello"));
        await AdminAnswersAsync(platform);
    }

    [Fact]
    public async Task After_up_was_killed_the_next_start_is_clean_and_has_everything()
    {
        var data = Platform.NewDataFolder();
        try
        {
            var killed = await StartAsync(data);
            await killed.DeployAsync("kept", "trouble.py");
            await killed.CallAsync("kept/ok", callId: "before-the-kill").TextAsync();
            await killed.KillUpAsync();
            await killed.DisposeAsync();

            await using (var next = await StartAsync(data))
            {
                Assert.Contains("instance", await next.CallAsync("kept/ok").TextAsync(), StringComparison.Ordinal);
                await Eventually.HoldsAsync("the earlier record", async () => (await next.Admin.InvocationsAsync("id=before-the-kill")).Count == 1);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task What_was_deployed_and_metered_is_there_after_a_restart()
    {
        var data = Platform.NewDataFolder();
        try
        {
            string before;
            await using (var first = await StartAsync(data))
            {
                await first.DeployAsync("kept", "trouble.py");
                for (var i = 0; i < 5; i++)
                {
                    await first.CallAsync("kept/ok").TextAsync();
                }

                await Eventually.HoldsAsync("five records", async () => (await first.Admin.DescribeAsync("kept")).Totals.Invocations == 5);
                before = JsonSerializer.Serialize(await first.Admin.InvocationsAsync("function=kept&limit=100"));
            }

            await using var second = await StartAsync(data);
            Assert.Equal(before, JsonSerializer.Serialize(await second.Admin.InvocationsAsync("function=kept&limit=100")));
            Assert.Equal(5, (await second.Admin.DescribeAsync("kept")).Totals.Invocations);
            Assert.Contains("instance", await second.CallAsync("kept/ok").TextAsync(), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task An_instance_that_is_killed_from_outside_is_replaced()
    {
        await using var platform = await StartAsync();
        var (spec, bundle) = TestFunctions.Python("victim", "import os\ndef handler(e, c): return {'instance': os.environ['FAAS_INSTANCE']}\n");
        await platform.Admin.DeployAsync(spec, bundle);
        var first = await platform.CallAsync("victim").TextAsync();
        var instance = Assert.Single((await platform.Admin.DescribeAsync("victim")).Instances).Id;
        KillInstance(platform, instance);

        await Eventually.HoldsAsync("another instance", async () => await AnswersAsync(platform, "victim") && await platform.CallAsync("victim").TextAsync() != first);
    }

    /// <summary>Queues an event. Null when the connection broke: then nobody knows.</summary>
    private static async Task<string?> TryAcceptAsync(Platform platform)
    {
        try
        {
            return await platform.AcceptAsync("events", "/ok");
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private Task<Platform> StartAsync(string? data = null) => Platform.StartAsync(new PlatformOptions { Sandbox = sandbox, Data = data });

    /// <summary>Kills whatever the sandbox of this instance consists of. Its folder is the one thing that they all have mounted.</summary>
    private static void KillInstance(Platform platform, string instance)
    {
        var folders = Directory.EnumerateDirectories(platform.Folder.Instances)
            .Where(folder => Path.GetFileName(folder).Contains(instance, StringComparison.Ordinal)
                || (File.Exists(Path.Combine(folder, "instance.json")) && File.ReadAllText(Path.Combine(folder, "instance.json")).Contains(instance, StringComparison.Ordinal)));
        var killed = 0;
        foreach (var (pid, _) in folders.SelectMany(ProcessTable.ThatMention))
        {
            if (pid != platform.Pid && ProcessTable.IsAlive(pid))
            {
                ProcessTable.Signal(pid, ProcessTable.SigKill);
                killed++;
            }
        }

        Assert.True(killed > 0, $"no process of instance {instance} found");
    }

    private static Task AdminAnswersAsync(Platform platform) => Eventually.HoldsAsync("the management API answers", async () =>
    {
        try
        {
            return (await platform.Admin.PlatformAsync()).GatewayConnected;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    private static async Task<bool> AnswersAsync(Platform platform, string path)
    {
        try
        {
            using var response = await platform.CallAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;   // Nobody listens at the moment.
        }
    }

    private static async Task<IReadOnlyList<string>> LoadAsync(Platform platform, string path, CancellationToken enough)
    {
        var seen = new List<string>();
        while (!enough.IsCancellationRequested)
        {
            seen.Add(await platform.CallAsync(path).TextAsync());
        }

        return seen;
    }
}

/// <summary>In processes.</summary>
public sealed class SurviveInProcesses() : SurviveTests("process");

/// <summary>In containers.</summary>
public sealed class SurviveInContainers() : SurviveTests("docker");
