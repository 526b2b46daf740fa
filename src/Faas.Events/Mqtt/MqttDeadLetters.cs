using System.Buffers;
using System.Text;
using Faas.Events.Brokers;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Faas.Events.Mqtt;

/// <summary>The topic for messages whose invocations failed for good. They keep their payload, content type and user properties.</summary>
internal sealed class MqttDeadLetters(MqttConnection connection, string topic, TimeProvider time) : IDisposable
{
    private const int ReasonLengthMax = 1000;

    private static readonly TimeSpan ConfirmWithin = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1, 1);   // brokers bound what a client may publish ahead of acknowledgements

    /// <summary>Where <paramref name="delivery"/> goes if it fails.</summary>
    public IDeadLetterPlace Of(MqttDelivery delivery) => new Place(this, delivery);

    public void Dispose() => _turn.Dispose();

    private async Task PutAsync(MqttDelivery delivery, string? invocation, string reason, CancellationToken ct)
    {
        var letter = LetterOf(delivery, invocation, reason);
        await _turn.WaitAsync(ct);
        using var limit = new CancellationTokenSource(ConfirmWithin, time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var result = await connection.PublishAsync(letter, waiting.Token);
            if (result.ReasonCode != MqttClientPublishReasonCode.Success)
            {
                throw new BrokerException(result.ReasonCode == MqttClientPublishReasonCode.NoMatchingSubscribers
                    ? $"nobody has subscribed to the dead letters' topic '{topic}' at {connection.Place}, so that they would be lost; subscribe to it. The message is not acknowledged"
                    : $"a dead letter could not be published to '{topic}' at {connection.Place}: {MqttErrors.Text(result.ReasonCode, result.ReasonString)}. The message is not acknowledged");
            }
        }
        catch (Exception exception) when (MqttErrors.Concerns(exception, ct))
        {
            var why = limit.IsCancellationRequested ? $"it was not acknowledged within {ConfirmWithin.TotalSeconds:N0} s" : MqttErrors.Lost(exception, connection.Place).Message;
            throw new BrokerException($"a dead letter could not be published to '{topic}' at {connection.Place}: {why}. The message is not acknowledged", exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    private MqttApplicationMessage LetterOf(MqttDelivery delivery, string? invocation, string reason)
    {
        var letter = new MqttApplicationMessage
        {
            Topic = topic,
            Payload = new ReadOnlySequence<byte>(delivery.Body),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            ContentType = delivery.Message.ContentType,
            PayloadFormatIndicator = delivery.Message.PayloadFormatIndicator,
            ResponseTopic = delivery.Message.ResponseTopic,
            CorrelationData = delivery.Message.CorrelationData,
            UserProperties = [.. delivery.Message.UserProperties ?? [], Property("faas-error", Plain(reason)), Property("faas-topic", delivery.Message.Topic)],
        };
        if (invocation is not null)
        {
            letter.UserProperties.Add(Property("faas-invocation", invocation));
        }

        return letter;
    }

    private static MqttUserProperty Property(string name, string value) => new(name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(value));

    /// <summary>Brokers may close the connection over control characters, and a property's length has an end.</summary>
    private static string Plain(string text) => string.Concat(text.Take(ReasonLengthMax).Select(character => char.IsControl(character) ? ' ' : character));

    /// <summary>One message's place: what it was before it was a message of any broker is needed to publish it as it was.</summary>
    private sealed class Place(MqttDeadLetters deadLetters, MqttDelivery delivery) : IDeadLetterPlace
    {
        public Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct) => deadLetters.PutAsync(delivery, invocation, reason, ct);
    }
}
