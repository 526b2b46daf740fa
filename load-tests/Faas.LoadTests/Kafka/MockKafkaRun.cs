using System.Globalization;

namespace Faas.LoadTests.Kafka;

/// <summary><c>mock-kafka [--brokers 1] [--topic NAME] [--partitions 4]</c>: a Kafka cluster to measure against, until it is interrupted or killed. What it has is gone with it.</summary>
internal static class MockKafkaRun
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var kafka = new MockKafka(arguments.Number("brokers", 1));
        if (arguments.Text("topic") is { } topic)
        {
            kafka.Create(topic, arguments.Number("partitions", 4));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ready {kafka.Servers}"));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
