using System.Net;
using System.Net.Http.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Asynchronous invocations, from the caller's request to the result.</summary>
public abstract class AsyncTests(SharedPlatform platform) : PlatformTests(platform)
{
    [Fact]
    public async Task An_event_is_accepted_run_billed_once_and_its_result_can_be_asked_for()
    {
        var name = await DeployAsync("queued");
        var id = await Platform.AcceptAsync(name, "/ok");
        var ended = await Admin.EndedAsync(id);
        Assert.Equal((InvocationState.Succeeded, 1, name), (ended.State, ended.Attempts, ended.Function));
        Assert.Contains("instance", ended.Result?.Text, StringComparison.Ordinal);
        var record = await Admin.RecordAsync(id);
        Assert.Equal((ended.History[0].Cost, ended.History[0].Instance), (record.Cost, record.Instance));
        Assert.True(record.Cost > 0);
    }

    [Fact]
    public async Task An_event_wakes_a_function_from_zero()
    {
        var name = await DeployAsync("asleep", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        await Admin.InstancesAsync(name, 0);
        Assert.Equal(InvocationState.Succeeded, (await Admin.EndedAsync(await Platform.AcceptAsync(name, "/ok"))).State);
    }

    [Fact]
    public async Task An_instance_that_dies_in_the_middle_counts_as_an_attempt_until_the_event_is_a_dead_letter()
    {
        var name = await DeployAsync("dies", spec => spec with { Async = new AsyncSpec { MaxAttempts = 2, BackoffMin = TimeSpan.FromMilliseconds(100) } });
        var id = await Platform.AcceptAsync(name, "/exit", "the body");
        var dead = await Admin.EndedAsync(id);
        Assert.Equal((InvocationState.DeadLettered, 2, 2), (dead.State, dead.Attempts, dead.Failures));
        Assert.All(dead.History, attempt => Assert.Equal((InvocationError.Crashed, false), (attempt.Outcome, attempt.IsCut)));
        Assert.Equal("the body", await Admin.Http.GetStringAsync($"/v1/dead-letters/{id}/body", Stop));

        using var redriven = await Admin.Http.PostAsync($"/v1/dead-letters/redrive?id={id}", null, Stop);
        Assert.Equal(HttpStatusCode.OK, redriven.StatusCode);
        await Eventually.HoldsAsync("two more attempts", async () => (await Admin.InvocationAsync(id)) is { State: InvocationState.DeadLettered, Attempts: 4 });
        using var purged = await Admin.Http.DeleteAsync($"/v1/dead-letters?function={name}", Stop);
        Assert.Equal(1, (await purged.Content.ReadFromJsonAsync<EventCount>(ManagementApi.Json, Stop))!.Count);
        Assert.Equal(HttpStatusCode.NotFound, (await Admin.Http.GetAsync($"/v1/dead-letters/{id}/body", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_repeated_request_with_its_key_is_run_once_also_when_the_caller_waits()
    {
        var name = await DeployAsync("keyed");
        var (first, second) = (await CallWithKeyAsync(name, "k1"), await CallWithKeyAsync(name, "k1"));
        Assert.Equal((HttpStatusCode.OK, first.Id, first.Text), (second.Status, second.Id, second.Text));
        Assert.Equal((false, true), (first.IsReplay, second.IsReplay));
        await Admin.RecordAsync(first.Id);
        Assert.NotEqual(first.Id, (await CallWithKeyAsync(name, "k2")).Id);
    }

    [Fact]
    public async Task Events_keep_a_function_s_limit_and_all_of_them_run()
    {
        var name = await DeployAsync("limited", spec => spec with { MaxInstances = 3, Async = new AsyncSpec { Concurrency = 2 } });
        var ids = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Platform.AcceptAsync(name, "/ok")));
        foreach (var id in ids)
        {
            Assert.Equal(InvocationState.Succeeded, (await Admin.EndedAsync(id)).State);
        }

        Assert.InRange((await Admin.DescribeAsync(name)).Instances.Count, 1, 2);
    }

    [Fact]
    public async Task A_long_result_is_kept_whole()
    {
        var name = TestFunctions.NewName("long");
        var (spec, bundle) = TestFunctions.Python(name, "def handler(event, context): return 'x' * 300000\n");
        await Admin.DeployAsync(spec, bundle);
        var id = await Platform.AcceptAsync(name, "/");
        var ended = await Admin.EndedAsync(id);
        Assert.Equal((300_000, true), (ended.Result?.Bytes, ended.Result?.IsKept));
        Assert.Equal(new string('x', 300_000), await Admin.Http.GetStringAsync($"/v1/invocations/{id}/result", Stop));
    }

    [Fact]
    public async Task What_is_published_reaches_the_functions_that_listen()
    {
        var (topic, name) = (TestFunctions.NewName("topic"), TestFunctions.NewName("listener"));
        var (spec, bundle) = TestFunctions.Python(name, "def handler(event, context): return event['type'] + ' ' + str(event['data']['n'])\n");
        await Admin.DeployAsync(spec with { Triggers = [new TriggerSpec { Topic = topic }] }, bundle);
        using var published = await Admin.Http.PostAsync($"/v1/topics/{topic}", JsonContent.Create(new { n = 7 }), Stop);
        Assert.Equal(HttpStatusCode.Accepted, published.StatusCode);
        var result = await published.Content.ReadFromJsonAsync<PublishResult>(ManagementApi.Json, Stop);
        Assert.Equal("\"faas.topic.published 7\"", (await Admin.EndedAsync(Assert.Single(result!.Invocations))).Result?.Text);
    }

    [Fact]
    public async Task A_cancelled_event_stops_and_stays_cancelled()
    {
        var name = await DeployAsync("cancelled");
        var id = await Platform.AcceptAsync(name, "/slow?seconds=60");
        await Eventually.HoldsAsync("it runs", async () => (await Admin.DescribeAsync(name)).Instances.Any(instance => instance.InFlight > 0));
        using var cancelled = await Admin.Http.PostAsync($"/v1/invocations/{id}/cancel", null, Stop);
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        Assert.Equal(InvocationState.Cancelled, (await Admin.EndedAsync(id)).State);
        Assert.Equal(InvocationState.Succeeded, (await Admin.EndedAsync(await Platform.AcceptAsync(name, "/ok"))).State);
    }

    private async Task<string> DeployAsync(string prefix, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var name = TestFunctions.NewName(prefix);
        await Platform.DeployAsync(name, "trouble.py", change);
        return name;
    }

    private async Task<(HttpStatusCode Status, string Id, string Text, bool IsReplay)> CallWithKeyAsync(string name, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/function/{name}/ok") { Content = new StringContent("same") };
        request.Headers.Add(AttemptHeaders.Key, key);
        using var answer = await Platform.Public.SendAsync(request, Stop);
        return (answer.StatusCode, answer.Headers.GetValues("X-Call-Id").Single(), await answer.Content.ReadAsStringAsync(Stop), answer.Headers.Contains(AttemptHeaders.Replayed));
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class AsyncInProcesses(ProcessPlatform platform) : AsyncTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class AsyncInContainers(DockerPlatform platform) : AsyncTests(platform);
