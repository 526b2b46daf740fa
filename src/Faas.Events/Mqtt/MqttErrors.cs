using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Faas.Events.Brokers;
using MQTTnet;
using MQTTnet.Exceptions;

namespace Faas.Events.Mqtt;

/// <summary>What MQTT brokers and the client complain about, in words for users.</summary>
internal static partial class MqttErrors
{
    /// <summary>Whether it is about the broker, and not the source that was stopped, or a mistake of ours.</summary>
    public static bool Concerns(Exception exception, CancellationToken ct) =>
        !ct.IsCancellationRequested
        && exception is MqttCommunicationException or MqttProtocolViolationException or OperationCanceledException or TimeoutException or IOException or SocketException or AuthenticationException
            or ObjectDisposedException or NullReferenceException;   // how the client puts it that it has let go of its connection

    /// <summary>Why there is no connection.</summary>
    public static BrokerException NotConnected(Exception exception, string place)
    {
        var causes = CausesOf(exception).ToList();
        if (causes.OfType<SocketException>().FirstOrDefault() is { SocketErrorCode: not SocketError.ConnectionReset } network)
        {
            return new BrokerException($"no broker answers at {place}: {network.Message}; is it running, and is 'url' right?", exception);
        }

        return causes.OfType<AuthenticationException>().FirstOrDefault() is { } encryption
            ? new BrokerException($"no encrypted connection to {place}: {encryption.Message}", exception)
            : new BrokerException(
                $"no connection to {place}: {(exception is OperationCanceledException ? "it does not answer" : causes[^1].Message.TrimEnd('.'))}; does it speak MQTT 5, encrypted or not as 'url' says?", exception);
    }

    /// <summary>The broker has answered with no.</summary>
    public static BrokerException Refused(MqttClientConnectResult result, string place, string clientId) => new(result.ResultCode switch
    {
        MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.NotAuthorized => $"{place} refuses the user or the password; check those in 'url'",
        MqttClientConnectResultCode.ClientIdentifierNotValid => $"{place} refuses the client's id '{clientId}'; set another one ('clientId')",
        MqttClientConnectResultCode.UnsupportedProtocolVersion => $"{place} does not speak MQTT 5",
        var code => $"{place} refuses the connection: {Text(code, result.ReasonString)}",
    });

    /// <summary>The connection has come to its end. Not every broker says so when another client takes the session over.</summary>
    public static BrokerException Lost(MqttClientDisconnectedEventArgs disconnected, string place, string clientId) => disconnected switch
    {
        { Reason: MqttClientDisconnectReason.SessionTakenOver } =>
            new BrokerException($"another client with the id '{clientId}' has taken the session at {place} over; each client needs an id of its own ('clientId')"),
        { Exception: { } exception } => Lost(exception, place),
        { Reason: MqttClientDisconnectReason.NormalDisconnection } => Lost($"the broker has closed it; was it stopped, or has another client connected with the id '{clientId}' ('clientId')?", place),
        { Reason: var code } => Lost(Text(code, disconnected.ReasonString), place),
    };

    /// <summary>The same, as what was asked of it has shown.</summary>
    public static BrokerException Lost(Exception exception, string place) => exception is ObjectDisposedException or NullReferenceException
        ? Lost("it is closed", place)
        : Lost(exception.GetBaseException().Message, place);

    private static BrokerException Lost(string reason, string place) => new($"the connection to {place} was lost: {reason.TrimEnd('.')}. What was not acknowledged comes again");

    /// <summary>A reason code in words, with what the broker says of it.</summary>
    public static string Text(Enum code, string? reason)
    {
        var words = Words().Replace($"{code}", " $0").TrimStart().ToLowerInvariant();
        return string.IsNullOrEmpty(reason) ? words : $"{words} ({reason})";
    }

    private static IEnumerable<Exception> CausesOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }

    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex Words();
}
