using System.Buffers;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Faas.Events.Tests.Mqtt;

/// <summary>Another client of the broker. What it publishes is acknowledged when its call returns.</summary>
internal sealed class MqttTestClient : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<MqttApplicationMessage> _received = Channel.CreateUnbounded<MqttApplicationMessage>();

    private static CancellationToken Ct => EventsFixture.Ct;

    public static async Task<MqttTestClient> ConnectAsync(int port, string clientId, bool hasSession)
    {
        var client = new MqttTestClient();
        client._client.ApplicationMessageReceivedAsync += async received => await client._received.Writer.WriteAsync(received.ApplicationMessage, Ct);
        var options = new MqttClientOptionsBuilder().WithProtocolVersion(MqttProtocolVersion.V500).WithTcpServer("127.0.0.1", port).WithClientId(clientId)
            .WithCleanStart(!hasSession).WithSessionExpiryInterval(hasSession ? 3600u : 0).Build();
        Assert.Equal(MqttClientConnectResultCode.Success, (await client._client.ConnectAsync(options, Ct)).ResultCode);
        return client;
    }

    public static List<MqttUserProperty> Properties(params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var all = new List<MqttUserProperty>();
        foreach (var (name, value) in properties)
        {
            all.Add(new MqttUserProperty(name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(value)));
        }

        return all;
    }

    public Task PublishAsync(string topic, string payload, string? contentType = null, List<MqttUserProperty>? properties = null) =>
        PublishAsync(new MqttApplicationMessage
        {
            Topic = topic, Payload = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(payload)), ContentType = contentType, UserProperties = properties,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        });

    public async Task PublishAsync(MqttApplicationMessage message) => Assert.True((await _client.PublishAsync(message, Ct)).IsSuccess);

    public async Task PublishAsync(string topic, IEnumerable<string> payloads)
    {
        foreach (var payload in payloads)
        {
            await PublishAsync(topic, payload);
        }
    }

    public async Task SubscribeAsync(string topic)
    {
        var filter = new MqttTopicFilter { Topic = topic, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce };
        await _client.SubscribeAsync(new MqttClientSubscribeOptions { TopicFilters = [filter] }, Ct);
    }

    /// <summary>The next message.</summary>
    public Task<MqttApplicationMessage> ReadAsync() => _received.Reader.ReadAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);

    /// <summary>What came up to this payload, that included.</summary>
    public async Task<IReadOnlyList<string>> ReadUntilAsync(string last)
    {
        var payloads = new List<string>();
        while (payloads.Count == 0 || payloads[^1] != last)
        {
            payloads.Add((await ReadAsync()).ConvertPayloadToString());
        }

        return payloads;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.TryDisconnectAsync();
        _client.Dispose();
    }
}
