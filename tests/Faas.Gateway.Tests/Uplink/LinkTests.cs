using System.Net;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Tests.Fakes;
using Faas.Gateway.Tests.Forwarding;
using Faas.Link;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Uplink;

public sealed class LinkTests
{
    [Fact]
    public async Task A_new_revision_gets_new_requests_and_those_that_wait_while_the_old_one_finishes_what_it_runs()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var finish = new TaskCompletionSource();
        var old = await gateway.InstanceAsync(async call =>
        {
            await finish.Task;
            await call.AnswerAsync("old");
        });
        var running = gateway.GetAsync();
        await old.NextCallAsync();
        var waiting = gateway.GetAsync();
        await gateway.Controller.CapacityWantedAsync();

        await gateway.Controller.SendAsync(Say.Route(revision: "r2"));
        await gateway.Controller.NextAsync(message => message.CapacityWanted?.Load is { Revision: "r2" } moved ? moved : null);
        await gateway.InstanceAsync(call => call.AnswerAsync("new").AsTask(), "i2", "r2");

        Assert.Equal("new", (await waiting).Text);
        Assert.Equal("new", (await gateway.GetAsync()).Text);
        finish.SetResult();
        Assert.Equal("old", (await running).Text);
    }

    [Fact]
    public async Task An_instance_may_be_announced_before_its_route()
    {
        await using var gateway = await GatewayFixture.StartAsync(null);
        await gateway.InstanceAsync();
        await gateway.Controller.SendAsync(Say.Route());
        await GatewayFixture.EventuallyAsync(() => gateway.Service<Faas.Gateway.Routing.RouteTable>().TryFind("hello", out _));
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
    }

    [Fact]
    public async Task Deleting_a_function_ends_its_waiting_with_404_and_lets_what_runs_finish()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var finish = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            await finish.Task;
            await call.AnswerAsync();
        });
        var running = gateway.GetAsync();
        await worker.NextCallAsync();
        var waiting = gateway.GetAsync();
        await gateway.Controller.CapacityWantedAsync();
        await gateway.Controller.SendAsync(Say.RouteRemoved());
        Assert.Equal((HttpStatusCode.NotFound, "NotFound"), ((await waiting).Status, (await waiting).Error));
        finish.SetResult();
        Assert.Equal("hello", (await running).Text);
        Assert.Equal("NotFound", (await gateway.GetAsync()).Error);
    }

    [Fact]
    public async Task A_busy_instance_refuses_the_drain_for_idleness_and_an_idle_one_is_drained()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var finish = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            await finish.Task;
            await call.AnswerAsync();
        });
        var running = gateway.GetAsync();
        await worker.NextCallAsync();
        await gateway.Controller.SendAsync(Say.Drain("i1", onlyIfIdle: true));
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.DrainRefused)).Instance);
        finish.SetResult();
        await running;
        await gateway.Controller.SendAsync(Say.Drain("i1", onlyIfIdle: true));
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Drained)).Instance);

        _ = gateway.GetAsync();
        Assert.Equal((0, 1), (await gateway.Controller.CapacityWantedAsync()) is var wanted ? (wanted.Slots, wanted.Waiting) : default);
    }

    [Fact]
    public async Task An_unknown_instance_is_drained()
    {
        await using var gateway = await GatewayFixture.StartAsync(null);
        await gateway.Controller.SendAsync(Say.Drain("i9", onlyIfIdle: true));
        Assert.Equal("i9", (await gateway.Controller.NextAsync(message => message.Drained)).Instance);
    }

    [Fact]
    public async Task While_the_controller_is_away_warm_calls_go_on_and_afterwards_what_it_does_not_mention_is_gone()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(), Say.Route("other", "r2"));
        var worker = await gateway.InstanceAsync();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        await gateway.Controller.DisposeAsync();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        var waiting = gateway.GetAsync("/function/other");

        await gateway.StartControllerAsync(Say.Route("other", "r2"));
        Assert.Equal(("r2", 1), (await gateway.Controller.CapacityWantedAsync()) is var wanted ? (wanted.Revision, wanted.Waiting) : default);
        await GatewayFixture.EventuallyAsync(() => !gateway.Service<Faas.Gateway.Routing.RouteTable>().TryFind("hello", out _));
        Assert.Equal("NotFound", (await gateway.GetAsync()).Error);
        Assert.Empty(gateway.Service<GateTable>().Instances);
        await gateway.InstanceAsync("i2", "r2");
        Assert.Equal("hello", (await waiting).Text);
    }

    [Fact]
    public async Task A_drained_instance_is_told_again_after_a_reconnect()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync();
        await gateway.Controller.SendAsync(Say.Drain("i1", onlyIfIdle: false));
        await gateway.Controller.NextAsync(message => message.Drained);
        await gateway.Controller.DisposeAsync();
        await gateway.StartControllerAsync(Say.Route(), Say.Ready("i1", worker.Path));
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Drained)).Instance);
    }

    [Fact]
    public async Task Without_controller_and_instance_waiting_ends_after_ten_seconds()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(wait: TimeSpan.FromHours(1)));
        await gateway.Controller.DisposeAsync();
        await GatewayFixture.EventuallyAsync(() => gateway.Service<Faas.Gateway.Uplink.LinkHealth>().IsDown);
        var answer = await FailureTests.AdvanceUntilAsync(clock, gateway.GetAsync());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unavailable", "1"), (answer.Status, answer.Error, answer.Header("Retry-After")));
    }

    [Fact]
    public async Task Who_waits_is_asked_for_again()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var waiting = gateway.GetAsync();
        for (var i = 0; i < 3; i++)
        {
            await gateway.Controller.CapacityWantedAsync();
        }

        await gateway.Controller.SendAsync(Say.ActivationFailed(InvocationError.InitFailed, "no module named x"));
        Assert.Equal((HttpStatusCode.InternalServerError, "InitFailed", "no module named x"), ((await waiting).Status, (await waiting).Error, (await waiting).Detail));
    }

    [Fact]
    public async Task Load_reports_tell_what_is_busy_and_what_is_idle()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var finish = new TaskCompletionSource();
        await gateway.InstanceAsync(async call =>
        {
            await finish.Task;
            await call.AnswerAsync();
        });
        var running = gateway.GetAsync();
        await gateway.Controller.NextAsync(message => message.Load?.Instances.FirstOrDefault(load => load is { Instance: "i1", InFlight: 1, IdleMs: 0 }));
        finish.SetResult();
        await running;
        await gateway.Controller.NextAsync(message => message.Load?.Instances.FirstOrDefault(load => load is { Instance: "i1", InFlight: 0 }));
        await gateway.Controller.NextAsync(message => message.Load?.Instances.FirstOrDefault(load => load is { Instance: "i1", IdleMs: > 500 }));
    }

    [Fact]
    public async Task The_internal_socket_serves_the_same_paths_and_is_the_owners_only()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(gateway.Data.GatewaySocket), cancellationToken);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal("hello", await http.GetStringAsync("http://gateway/function/hello", TestContext.Current.CancellationToken));
        Assert.Equal("", (await worker.NextCallAsync()).Head.RemoteAddress);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(gateway.Data.GatewaySocket));
    }
}
