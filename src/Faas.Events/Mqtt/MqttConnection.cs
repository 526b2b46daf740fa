using System.Buffers;
using System.Threading.Channels;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Triggers;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Faas.Events.Mqtt;

/// <summary>A connection to a broker and what comes over it. It is not opened again when it is lost: its source ends with it, and is run again.</summary>
internal sealed class MqttConnection : IAsyncDisposable
{
    private const int Port = 1883;
    private const int EncryptedPort = 8883;

    /// <summary>Messages of QoS 0 that may wait: nothing holds the broker back there, and memory has an end.</summary>
    private const int UnacknowledgedMax = 10_000;

    /// <summary>For connecting, and for each request later.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(1);

    /// <summary>A dead connection is noticed within one and a half times that.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    private readonly IMqttClient _client;
    private readonly MqttClientOptions _options;
    private readonly TriggerStatus _status;
    private readonly Channel<MqttDelivery> _deliveries = Channel.CreateUnbounded<MqttDelivery>();   // not for a single reader, which would not be counted

    private MqttConnection(IMqttClient client, MqttClientOptions options, string place, TriggerStatus status)
    {
        (_client, _options, _status, Place) = (client, options, status, place);
        Acknowledgements = new MqttAcknowledgements(place);
        client.ApplicationMessageReceivedAsync += ReceivedAsync;
        client.DisconnectedAsync += DisconnectedAsync;
    }

    /// <summary>Where the broker is, without user and password.</summary>
    public string Place { get; }

    /// <summary>What came, in its order. Ends with a <see cref="BrokerException"/> when nothing can come any more.</summary>
    public ChannelReader<MqttDelivery> Deliveries => _deliveries.Reader;

    /// <summary>Acknowledges what came.</summary>
    public MqttAcknowledgements Acknowledgements { get; }

    /// <summary>Connects, to the session of <paramref name="clientId"/> if the broker still has it. Messages of the session may come at once.</summary>
    /// <param name="spec">The trigger's spec.</param>
    /// <param name="address">Its address, with secrets.</param>
    /// <param name="clientId">The client's id.</param>
    /// <param name="status">Is told of messages that are left out.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="BrokerException">It does not work.</exception>
    public static async Task<MqttConnection> OpenAsync(MqttSpec spec, string address, string clientId, TriggerStatus status, CancellationToken ct)
    {
        var place = BrokerAddress.PlaceOf(spec.Url);
        var connection = new MqttConnection(new MqttClientFactory().CreateMqttClient(), OptionsOf(spec, address, clientId), place, status);
        try
        {
            var result = await WithinAsync(limit => connection._client.ConnectAsync(connection._options, limit), ct);
            if (result.ResultCode != MqttClientConnectResultCode.Success)
            {
                throw MqttErrors.Refused(result, place, clientId);
            }

            return spec.Group is null || result.SharedSubscriptionAvailable ? connection : throw new BrokerException($"{place} has no shared subscriptions; leave 'group' out");
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            if (MqttErrors.Concerns(exception, ct))
            {
                throw MqttErrors.NotConnected(exception, place);
            }

            throw;
        }
    }

    /// <summary>Subscribes. Retained messages come only if the session had no such subscription.</summary>
    /// <exception cref="BrokerException">The broker does not grant it.</exception>
    public async Task SubscribeAsync(string filter, int qos, CancellationToken ct)
    {
        var wanted = new MqttTopicFilter
        {
            Topic = filter, QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos, RetainHandling = MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly,
        };
        var result = await AskAsync(limit => _client.SubscribeAsync(new MqttClientSubscribeOptions { TopicFilters = [wanted] }, limit), ct);
        var code = result.Items.First().ResultCode;
        if (code > MqttClientSubscribeResultCode.GrantedQoS2)
        {
            throw new BrokerException($"{Place} refuses the subscription of '{filter}': {MqttErrors.Text(code, result.ReasonString)}; may this user read it?");
        }

        if ((int)code < qos)
        {
            throw new BrokerException($"{Place} grants the subscription of '{filter}' only with QoS {(int)code}, with which less is promised; set 'qos' to {(int)code} to take it");
        }
    }

    /// <summary>Ends a subscription of the session; it may be that there is none.</summary>
    public Task UnsubscribeAsync(string filter, CancellationToken ct) =>
        AskAsync(limit => _client.UnsubscribeAsync(new MqttClientUnsubscribeOptions { TopicFilters = [filter] }, limit), ct);

    /// <summary>Publishes with QoS 1.</summary>
    public Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage message, CancellationToken ct) => _client.PublishAsync(message, ct);

    /// <summary>
    /// Disconnects in order; the session stays. Its answer to a ping says that the broker has every acknowledgement: a connection that is closed while messages come may take those with
    /// it that are on their way.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected)
        {
            using var limit = new CancellationTokenSource(CloseWithin);
            try
            {
                await _client.PingAsync(limit.Token);
                await _client.DisconnectAsync(new MqttClientDisconnectOptions { SessionExpiryInterval = _options.SessionExpiryInterval }, limit.Token);
            }
            catch (Exception exception) when (MqttErrors.Concerns(exception, CancellationToken.None))
            {
                // It is gone already.
            }
        }

        _client.Dispose();
        Acknowledgements.Dispose();
    }

    private static MqttClientOptions OptionsOf(MqttSpec spec, string address, string clientId)
    {
        var endpoint = BrokerEndpoint.Parse(address, "mqtts", Port, EncryptedPort);
        var options = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithTcpServer(endpoint.Host, endpoint.Port)
            .WithClientId(clientId)
            .WithCleanStart(false)
            .WithSessionExpiryInterval((uint)spec.SessionExpiry.TotalSeconds)
            .WithReceiveMaximum((ushort)spec.Concurrency)
            .WithKeepAlivePeriod(KeepAlive)
            .WithTimeout(AnswerWithin);
        if (endpoint.User is not null)
        {
            options.WithCredentials(endpoint.User, endpoint.Password ?? "");
        }

        if (endpoint.IsEncrypted)
        {
            options.WithTlsOptions(encryption => encryption.UseTls().WithTargetHost(endpoint.Host));
        }

        return options.Build();
    }

    private static async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerWithin);
        return await ask(limit.Token);
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        try
        {
            return await WithinAsync(ask, ct);
        }
        catch (Exception exception) when (MqttErrors.Concerns(exception, ct))
        {
            throw MqttErrors.Lost(exception, Place);
        }
    }

    /// <summary>Returns at once: while it does not, the client reads nothing else.</summary>
    private Task ReceivedAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        received.AutoAcknowledge = false;
        var isAcknowledged = received.ApplicationMessage.QualityOfServiceLevel != MqttQualityOfServiceLevel.AtMostOnce;
        if (!isAcknowledged && _deliveries.Reader.Count >= UnacknowledgedMax)
        {
            _status.Skipped(1);
            return Task.CompletedTask;
        }

        var delivery = new MqttDelivery { Message = received.ApplicationMessage, Body = received.ApplicationMessage.Payload.ToArray() };
        if (isAcknowledged)
        {
            Acknowledgements.Expect(delivery, received.AcknowledgeAsync);
        }

        _deliveries.Writer.TryWrite(delivery);
        return Task.CompletedTask;
    }

    private Task DisconnectedAsync(MqttClientDisconnectedEventArgs disconnected)
    {
        _deliveries.Writer.TryComplete(MqttErrors.Lost(disconnected, Place, _options.ClientId));
        return Task.CompletedTask;
    }
}
