using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Kafka;

/// <summary>What Kafka's client logs, for who looks for it: what users must know is in the trigger's status.</summary>
internal sealed partial class KafkaLog(ILogger logger, string trigger)
{
    /// <summary>Called on the client's own threads.</summary>
    public void Write(LogMessage message) => Log.Client(logger, trigger, message.Facility, message.Message);

    private static partial class Log
    {
        [LoggerMessage(4070, LogLevel.Debug, "Kafka's client of trigger {Trigger}: {Facility}: {Message}")]
        public static partial void Client(ILogger logger, string trigger, string facility, string message);
    }
}
