using System.Net;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Faas.LoadTests.Brokers;

/// <summary>Publishes messages with QoS 1.</summary>
internal sealed class MqttSender : IEventSender
{
    private readonly MqttClientOptions _options;
    private readonly string _topic;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

    private MqttSender(IPEndPoint broker, string topic)
    {
        _options = new MqttClientOptionsBuilder().WithTcpServer(broker.Address.ToString(), broker.Port).WithProtocolVersion(MqttProtocolVersion.V500).Build();
        _topic = topic;
    }

    public static async Task<IEventSender> ConnectAsync(string address, string topic, CancellationToken cancellationToken)
    {
        var sender = new MqttSender(IPEndPoint.Parse(address), topic);
        await sender._client.ConnectAsync(sender._options, cancellationToken);
        return sender;
    }

    public async Task<bool> SendAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            if (!_client.IsConnected)
            {
                await _client.ConnectAsync(_options, cancellationToken);
            }

            var message = new MqttApplicationMessageBuilder().WithTopic(_topic).WithPayload(token).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();
            var result = await _client.PublishAsync(message, cancellationToken);
            return result.ReasonCode == MqttClientPublishReasonCode.Success;   // "no matching subscribers" is nobody's promise
        }
        catch (MqttCommunicationException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
