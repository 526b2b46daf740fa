using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using RabbitMQ.Client;

namespace Faas.Events.RabbitMq;

/// <summary>A connection to a broker. It is not opened again when it is lost: its source ends with it, and is run again.</summary>
internal sealed class RabbitMqConnection : IAsyncDisposable
{
    private const int Port = 5672;
    private const int EncryptedPort = 5671;

    /// <summary>For each step of connecting, and each question later.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(1);

    /// <summary>A dead connection is noticed within twice that time.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly IConnection _connection;
    private readonly List<IChannel> _channels;   // used by the source alone, one step after the other

    private RabbitMqConnection(IConnection connection, IChannel questions, string place) => (_connection, _channels, Questions, Place) = (connection, [questions], questions, place);

    /// <summary>Where the broker is, without user and password.</summary>
    public string Place { get; }

    /// <summary>A channel for questions that the broker does not refuse.</summary>
    public IChannel Questions { get; }

    /// <summary>Connects.</summary>
    /// <param name="spec">The trigger's spec.</param>
    /// <param name="address">Its address, with secrets.</param>
    /// <param name="trigger">The trigger's id, which the broker shows as the connection's name.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="BrokerException">It does not work.</exception>
    public static async Task<RabbitMqConnection> OpenAsync(RabbitMqSpec spec, string address, string trigger, CancellationToken ct)
    {
        var place = BrokerAddress.PlaceOf(spec.Url);
        var endpoint = BrokerEndpoint.Parse(address, "amqps", Port, EncryptedPort);
        var factory = new ConnectionFactory
        {
            HostName = endpoint.Host,
            Port = endpoint.Port,
            VirtualHost = endpoint.Path.Length > 0 ? endpoint.Path : ConnectionFactory.DefaultVHost,
            UserName = endpoint.User ?? ConnectionFactory.DefaultUser,
            Password = endpoint.Password ?? ConnectionFactory.DefaultPass,
            ClientProvidedName = $"faas trigger {trigger}",
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = AnswerWithin,
            HandshakeContinuationTimeout = AnswerWithin,
            ContinuationTimeout = AnswerWithin,
            RequestedHeartbeat = Heartbeat,
        };
        if (endpoint.IsEncrypted)
        {
            factory.Ssl = new SslOption(endpoint.Host, enabled: true);
        }

        IConnection? connection = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerWithin);   // the client's own limits are not kept to by every step
        try
        {
            connection = await factory.CreateConnectionAsync(limit.Token);
            return new RabbitMqConnection(connection, await connection.CreateChannelAsync(null, limit.Token), place);   // only now the broker has answered whether the virtual host is there
        }
        catch (Exception exception)
        {
            await CloseAsync(connection, []);
            if (RabbitMqErrors.Concerns(exception, ct))
            {
                throw RabbitMqErrors.NotConnected(exception, place, factory.VirtualHost);
            }

            throw;
        }
    }

    /// <summary>Opens a channel, which is disposed with the connection. An error that the broker reports closes it, and it alone.</summary>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions? options, CancellationToken ct)
    {
        try
        {
            var channel = await _connection.CreateChannelAsync(options, ct);
            _channels.Add(channel);
            return channel;
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            throw RabbitMqErrors.Lost(exception, Place);
        }
    }

    /// <summary>Closes the connection in order, so that the broker has every acknowledgement; if that takes too long, without.</summary>
    public ValueTask DisposeAsync() => CloseAsync(_connection, _channels);

    private static async ValueTask CloseAsync(IConnection? connection, IEnumerable<IChannel> channels)
    {
        if (connection is null)
        {
            return;
        }

        await connection.AbortAsync(CloseWithin);
        foreach (var channel in channels)
        {
            await channel.DisposeAsync();   // not before: a broker that does not answer would be waited for once for each of them
        }

        await connection.DisposeAsync();
    }
}
