using Faas.Events.Brokers;
using Faas.Events.Mqtt;
using MQTTnet;
using MQTTnet.Exceptions;

namespace Faas.Events.Tests.Mqtt;

public sealed class MqttAcknowledgementsTests
{
    private readonly List<int> _sent = [];

    private static CancellationToken Ct => EventsFixture.Ct;

    [Fact]
    public async Task Messages_are_acknowledged_in_the_order_in_which_they_came()
    {
        using var acknowledgements = new MqttAcknowledgements("localhost");
        var deliveries = Expect(acknowledgements, 4);
        await acknowledgements.CompleteAsync(deliveries[2], Ct);
        await acknowledgements.CompleteAsync(deliveries[1], Ct);
        Assert.Empty(_sent);
        await acknowledgements.CompleteAsync(deliveries[0], Ct);
        Assert.Equal([0, 1, 2], _sent);
        await acknowledgements.CompleteAsync(deliveries[3], Ct);
        Assert.Equal([0, 1, 2, 3], _sent);
    }

    [Fact]
    public async Task At_the_end_what_is_done_with_is_acknowledged_whatever_is_before_it()
    {
        using var acknowledgements = new MqttAcknowledgements("localhost");
        var deliveries = Expect(acknowledgements, 4);
        await acknowledgements.CompleteAsync(deliveries[1], Ct);
        await acknowledgements.CompleteAsync(deliveries[3], Ct);
        await acknowledgements.FlushAsync();
        Assert.Equal([1, 3], _sent);
    }

    [Fact]
    public async Task Deliveries_that_end_at_the_same_time_keep_the_order()
    {
        using var acknowledgements = new MqttAcknowledgements("localhost");
        var deliveries = Expect(acknowledgements, 200);
        await Task.WhenAll(deliveries.Reverse().Select(delivery => Task.Run(() => acknowledgements.CompleteAsync(delivery, Ct), Ct)));
        Assert.Equal(Enumerable.Range(0, 200), _sent);
    }

    [Fact]
    public async Task A_connection_that_is_lost_is_named()
    {
        using var acknowledgements = new MqttAcknowledgements("localhost:1883");
        var delivery = NewDelivery();
        acknowledgements.Expect(delivery, _ => throw new MqttCommunicationException(new IOException("broken pipe")));
        var lost = await Assert.ThrowsAsync<BrokerException>(() => acknowledgements.CompleteAsync(delivery, Ct));
        Assert.StartsWith("the connection to localhost:1883 was lost", lost.Message, StringComparison.Ordinal);
    }

    private static MqttDelivery NewDelivery() => new() { Message = new MqttApplicationMessage { Topic = "orders" }, Body = default };

    private MqttDelivery[] Expect(MqttAcknowledgements acknowledgements, int count)
    {
        var deliveries = Enumerable.Range(0, count).Select(_ => NewDelivery()).ToArray();
        foreach (var (number, delivery) in deliveries.Index())
        {
            acknowledgements.Expect(delivery, async _ =>
            {
                await Task.Yield();
                _sent.Add(number);
            });
        }

        return deliveries;
    }
}
