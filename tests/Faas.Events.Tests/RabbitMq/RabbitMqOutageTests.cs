using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.RabbitMq;

[Collection(SharedRabbitMq.Name)]
public sealed class RabbitMqOutageTests(RabbitMqServer server)
{
    private const string Id = RabbitMqServer.Id;

    [Fact]
    public async Task A_broker_that_is_down_at_the_start_is_named_and_what_it_has_is_delivered_when_it_is_up()
    {
        RabbitMqServer.Require();
        string queue;
        await using (var broker = await server.ConnectAsync())
        {
            queue = await broker.DeclareAsync();
            await broker.PublishAsync(queue, RabbitMqTests.Bodies(10));
        }

        await server.KillAsync();
        await using var events = await server.DeployAsync(queue);
        await events.FailingAsync(Id, $"no broker answers at 127.0.0.1:{server.Port}");
        await server.StartAsync();
        Assert.Equal(RabbitMqTests.Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
        await events.LagAsync(Id, 0);
    }

    [Fact]
    public async Task A_broker_that_is_killed_in_the_middle_is_named_and_nothing_is_lost()
    {
        RabbitMqServer.Require();
        var queue = "";
        await using (var broker = await server.ConnectAsync())
        {
            queue = await broker.DeclareAsync();
            await broker.PublishAsync(queue, RabbitMqTests.Bodies(30), body => body);
        }

        var gate = new TaskCompletionSource();
        var others = new TaskCompletionSource();
        await using var events = await server.DeployAsync(queue, spec => spec with { Prefetch = 5 }, prepare: fixture => fixture.Transport.Run = async (claim, ct) =>
        {
            await (BrokerWaits.TextOf(claim).EndsWith('4') ? gate : others).Task.WaitAsync(ct);   // messages 14, 24 and 34 run on while the broker is away
            return FakeTransport.Answer(200, "done");
        });
        await events.TriggerAsync(Id, trigger => trigger.Events == 5);
        await server.KillAsync();
        others.SetResult();
        await events.FailingAsync(Id, $"the connection to 127.0.0.1:{server.Port} was lost");
        await server.StartAsync();
        gate.SetResult();
        await events.SucceededAsync(Id, 30);
        await events.LagAsync(Id, 0);
        Assert.Equal(30, events.Transport.Ids.Distinct().Count());   // each has an id, so each was one invocation
        Assert.Equal(30, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task The_platform_killed_in_the_middle_runs_everything_and_what_has_an_id_is_one_invocation()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await broker.PublishAsync(queue, RabbitMqTests.Bodies(10), body => body);
        var events = await server.DeployAsync(queue, spec => spec with { Prefetch = 4 }, prepare: fixture => fixture.Transport.Run = (claim, ct) =>
            BrokerWaits.TextOf(claim).CompareTo("message 13") < 0 ? Task.FromResult(FakeTransport.Answer(200, "done")) : FakeTransport.UntilStoppedAsync(ct));
        await events.AfterTriesAsync(Id, trigger => trigger.Events == 7);
        var before = events.Transport.Ids.ToHashSet();
        var folder = await events.KillAsync();
        await broker.ReadyAsync(queue, 7);

        await using var again = await server.DeployAsync(queue, spec => spec with { Prefetch = 4 }, folder: folder);
        await again.LagAsync(Id, 0);
        Assert.Equal(RabbitMqTests.Bodies(10)[3..], again.Transport.Ran.Select(BrokerWaits.TextOf).Distinct().Order());
        Assert.Equal(10, before.Union(again.Transport.Ids).Count());
        foreach (var id in before.Union(again.Transport.Ids))
        {
            Assert.Equal(InvocationState.Succeeded, (await again.EndedAsync(id)).State);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_is_not_shown()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await using var events = await server.DeployAsync(queue, spec => spec with { Url = $"amqp://app:not-that-one@127.0.0.1:{server.Port}" });
        var failing = await events.FailingAsync(Id, $"127.0.0.1:{server.Port} refuses the user or the password");
        Assert.DoesNotContain("not-that-one", failing.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_in_the_address_is_filled_in_whatever_it_has_and_a_missing_one_is_named()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await broker.PublishAsync(queue, "seven");
        await using var events = await server.DeployAsync(queue, spec => spec with { Url = $"amqp://app:${{SHOP_PASSWORD}}@127.0.0.1:{server.Port}" });
        await events.FailingAsync(Id, "there is no secret 'SHOP_PASSWORD'");
        events.Secrets["SHOP_PASSWORD"] = RabbitMqServer.Password;
        Assert.Equal(["seven"], await events.SucceededAsync(Id, 1));
    }

    [Fact]
    public async Task A_port_that_is_not_encrypted_is_named_where_encryption_is_wanted()
    {
        RabbitMqServer.Require();
        await using var events = await server.DeployAsync("orders", spec => spec with { Url = $"amqps://127.0.0.1:{server.Port}" });
        await events.FailingAsync(Id, $"no encrypted connection to 127.0.0.1:{server.Port}");
    }

    [Fact]
    public async Task A_missing_virtual_host_is_named()
    {
        RabbitMqServer.Require();
        await using var there = await server.DeployAsync("orders", spec => spec with { Url = $"{server.Url}/shop" });
        await there.FailingAsync(Id, $"there is no queue 'orders' at 127.0.0.1:{server.Port}/shop");
        await using var events = await server.DeployAsync("orders", spec => spec with { Url = $"{server.Url}/nowhere" });
        await events.FailingAsync(Id, $"127.0.0.1:{server.Port}/nowhere has no virtual host 'nowhere' for this user");
    }

    [Fact]
    public async Task A_missing_queue_is_named_and_consumed_once_it_is_there_and_named_again_when_it_is_deleted()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = $"orders-{Guid.NewGuid():N}";
        await using var events = await server.DeployAsync(queue);
        await events.FailingAsync(Id, $"there is no queue '{queue}' at 127.0.0.1:{server.Port}; declare it, or name an 'exchange' to bind it to");
        await broker.DeclareAsync(queue);
        await broker.PublishAsync(queue, "seven");
        Assert.Equal(["seven"], await events.SucceededAsync(Id, 1));
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        await broker.DeleteAsync(queue);
        var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        Assert.Contains($"has ended the consumption of queue '{queue}'", failing.Detail, StringComparison.Ordinal);
        await broker.DeclareAsync(queue);
        await events.LagAsync(Id, 0);
    }

    [Fact]
    public async Task A_missing_exchange_to_bind_to_is_named()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var exchange = $"events-{Guid.NewGuid():N}";
        await using var events = await server.DeployAsync($"orders-{Guid.NewGuid():N}", spec => spec with { Exchange = exchange });
        await events.FailingAsync(Id, $"there is no exchange '{exchange}' at 127.0.0.1:{server.Port}");
        await broker.DeclareExchangeAsync(exchange);
        await events.LagAsync(Id, 0);
        await broker.PublishAsync(exchange, "order.placed", "seven");
        Assert.Equal(["seven"], await events.SucceededAsync(Id, 1));
    }
}
