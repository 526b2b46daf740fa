using Confluent.Kafka;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>What somebody has to do something about, in words for the trigger's user.</summary>
internal static class KafkaProblems
{
    /// <summary>What is wrong, where, and what to do; null when waiting helps.</summary>
    public static string? Of(Error error, KafkaSettings settings)
    {
        var place = $"Kafka at {settings.Place}";
        return error.Code switch
        {
            ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.UnsupportedSaslMechanism or ErrorCode.IllegalSaslState =>
                $"{place} refuses {(settings.User is null ? "a client without a user; set 'user' and 'password'" : $"user '{settings.User}'; check 'user', 'password', 'mechanism' and 'tls'")}: {error.Reason}",
            ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => NoTopic(settings),
            ErrorCode.TopicException => $"{place}: '{settings.Spec.Topic}' cannot be a topic's name; correct 'topic'",
            ErrorCode.TopicAuthorizationFailed => $"{place} does not let this user read topic '{settings.Spec.Topic}'; give it the right to",
            ErrorCode.GroupAuthorizationFailed => $"{place} does not let this user read as group '{settings.Group}'; give it the right to, or set 'group'",
            ErrorCode.ClusterAuthorizationFailed => $"{place} does not let this user in: {error.Reason}",
            ErrorCode.InconsistentGroupProtocol =>
                $"{place}: other members of group '{settings.Group}' share its partitions in another way (this one: cooperative-sticky); set 'group' to one of its own",
            _ when error.IsFatal => $"{place}: {error.Reason}",
            _ => null,
        };
    }

    /// <summary>There is no such topic.</summary>
    public static string NoTopic(KafkaSettings settings) => $"Kafka at {settings.Place} has no topic '{settings.Spec.Topic}'; create it, or correct 'topic'";

    /// <summary>What an exception of the client is about; where it is about several partitions, the first that something is wrong with.</summary>
    public static Error ErrorOf(KafkaException exception) =>
        (exception as TopicPartitionOffsetException)?.Results.Select(result => result.Error).FirstOrDefault(error => error.IsError) ?? exception.Error;

    /// <summary>Whether the group is sharing out its partitions anew, or has done so meanwhile.</summary>
    public static bool IsRebalance(Error error) => error.Code is ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId;

    /// <summary>Makes a client.</summary>
    /// <exception cref="BrokerException">It cannot be configured so, or there is none for this machine.</exception>
    public static T Build<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception exception) when (exception is KafkaException or InvalidOperationException or ArgumentException)
        {
            throw new BrokerException($"Kafka's client cannot be configured like that: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            throw new BrokerException($"Kafka's client, librdkafka, cannot be loaded on this machine; it needs Linux with glibc 2.28 or newer on x64 or arm64: {exception.Message}", exception);
        }
    }
}
