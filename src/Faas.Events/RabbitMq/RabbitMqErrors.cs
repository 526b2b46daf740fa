using System.Net.Sockets;
using System.Security.Authentication;
using Faas.Events.Brokers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Faas.Events.RabbitMq;

/// <summary>What RabbitMQ and its client complain about, in words for users.</summary>
internal static class RabbitMqErrors
{
    /// <summary>Whether it is about the broker, and not the source that was stopped, or a mistake of ours.</summary>
    public static bool Concerns(Exception exception, CancellationToken ct) =>
        !ct.IsCancellationRequested && exception is RabbitMQClientException or OperationCanceledException or TimeoutException or IOException or SocketException or AuthenticationException;

    /// <summary>Why there is no connection.</summary>
    public static BrokerException NotConnected(Exception exception, string place, string virtualHost)
    {
        var causes = CausesOf(exception).ToList();
        if (causes.Any(cause => cause is PossibleAuthenticationFailureException || ReasonOf(cause)?.ReplyCode == Constants.AccessRefused))
        {
            return new BrokerException($"{place} refuses the user or the password; check those in 'url' (guest:guest when there are none, which RabbitMQ takes from its own machine only)", exception);
        }

        if (causes.Select(ReasonOf).FirstOrDefault(reason => reason?.ReplyCode == Constants.NotAllowed) is { } denied)
        {
            return new BrokerException($"{place} has no virtual host '{virtualHost}' for this user: {denied.ReplyText}; the path of 'url' names it", exception);
        }

        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } encryption)
        {
            return new BrokerException($"no encrypted connection to {place}: {encryption.Message}", exception);
        }

        return causes.OfType<SocketException>().FirstOrDefault() is { SocketErrorCode: not SocketError.ConnectionReset } network
            ? new BrokerException($"no broker answers at {place}: {network.Message}; is it running, and is 'url' right?", exception)
            : new BrokerException(
                $"no connection to {place}: {(exception is OperationCanceledException ? "it does not answer" : causes[^1].Message.TrimEnd('.'))}; does it speak AMQP, encrypted or not as 'url' says?", exception);
    }

    /// <summary>The connection, or a channel, has come to its end.</summary>
    public static BrokerException Lost(Exception exception, string place) =>
        new(CausesOf(exception).Select(ReasonOf).FirstOrDefault(reason => reason is not null) is { } reason ? LossOf(reason, place) : LossOf(exception.Message, place), exception);

    /// <summary>The same, of what the client reports as its reason.</summary>
    public static BrokerException Lost(ShutdownEventArgs reason, string place) => new(LossOf(reason, place));

    /// <summary>What the broker had against the last request of a channel; null when the channel, or the connection, ended for another reason.</summary>
    public static ShutdownEventArgs? RefusalOf(Exception exception) =>
        CausesOf(exception).Select(ReasonOf).FirstOrDefault(reason => reason is { Initiator: ShutdownInitiator.Peer });

    private static string LossOf(ShutdownEventArgs reason, string place) => LossOf(reason.Exception?.Message ?? $"{reason.ReplyCode} {reason.ReplyText}", place);

    private static string LossOf(string reason, string place) => $"the connection to {place} was lost: {reason.TrimEnd('.')}. What was not acknowledged comes again";

    private static ShutdownEventArgs? ReasonOf(Exception exception) => (exception as OperationInterruptedException)?.ShutdownReason;

    /// <summary>The exception and what is inside it, the cause last.</summary>
    private static IEnumerable<Exception> CausesOf(Exception exception) =>
        [exception, .. ((exception as AggregateException)?.InnerExceptions ?? (IEnumerable<Exception>)(exception.InnerException is { } inner ? [inner] : [])).SelectMany(CausesOf)];
}
