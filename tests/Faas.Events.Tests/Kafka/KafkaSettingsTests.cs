using Confluent.Kafka;
using Faas.Contracts.Functions;
using Faas.Events.Kafka;

namespace Faas.Events.Tests.Kafka;

public sealed class KafkaSettingsTests
{
    private static readonly KafkaSpec Spec = new() { Servers = "a:9092,b:9092", Topic = "orders" };

    [Theory]
    [InlineData(false, false, SecurityProtocol.Plaintext)]
    [InlineData(true, false, SecurityProtocol.Ssl)]
    [InlineData(false, true, SecurityProtocol.SaslPlaintext)]
    [InlineData(true, true, SecurityProtocol.SaslSsl)]
    public void Encryption_and_user_choose_the_protocol(bool tls, bool hasUser, SecurityProtocol protocol)
    {
        var settings = Of(Spec with { Tls = tls }) with { User = hasUser ? "app" : null, Password = hasUser ? "p" : null };
        Assert.Equal(protocol, settings.ForConsumer().SecurityProtocol);
        Assert.Equal(protocol, settings.ForProducer().SecurityProtocol);
    }

    [Theory]
    [InlineData(KafkaMechanism.Plain, SaslMechanism.Plain)]
    [InlineData(KafkaMechanism.ScramSha256, SaslMechanism.ScramSha256)]
    [InlineData(KafkaMechanism.ScramSha512, SaslMechanism.ScramSha512)]
    public void User_password_and_mechanism_are_as_they_are_written(KafkaMechanism mechanism, SaslMechanism expected)
    {
        var settings = Of(Spec with { Mechanism = mechanism }) with { User = "app", Password = "p@ss:w%rd\"$" };
        foreach (var config in (ClientConfig[])[settings.ForConsumer(), settings.ForProducer()])
        {
            Assert.Equal(("app", "p@ss:w%rd\"$", expected), (config.SaslUsername, config.SaslPassword, config.SaslMechanism));
        }
    }

    [Fact]
    public void Without_a_user_there_is_no_mechanism() => Assert.Null(Of(Spec).ForConsumer().SaslMechanism);

    [Fact]
    public void The_consumer_commits_nothing_by_itself_and_hands_over_one_partition_at_a_time()
    {
        var config = Of(Spec).ForConsumer();
        Assert.Equal((false, false), (config.EnableAutoCommit, config.EnableAutoOffsetStore));
        Assert.Equal(PartitionAssignmentStrategy.CooperativeSticky, config.PartitionAssignmentStrategy);
        Assert.Equal(("a:9092,b:9092", "g", "c"), (config.BootstrapServers, config.GroupId, config.ClientId));
    }

    [Fact]
    public void Dead_letters_are_written_once_and_to_all_replicas()
    {
        var config = Of(Spec).ForProducer();
        Assert.Equal((true, Acks.All), (config.EnableIdempotence, config.Acks));
    }

    [Fact]
    public void Every_configuration_is_one_that_the_client_takes()
    {
        foreach (var mechanism in Enum.GetValues<KafkaMechanism>())
        {
            var settings = Of(Spec with { Mechanism = mechanism, Tls = true, Servers = "127.0.0.1:1" }) with { Servers = "127.0.0.1:1", User = "app", Password = "p" };
            new ConsumerBuilder<byte[], byte[]>(settings.ForConsumer()).SetLogHandler((_, _) => { }).Build().Dispose();
            new ProducerBuilder<byte[], byte[]>(settings.ForProducer()).SetLogHandler((_, _) => { }).Build().Dispose();
        }
    }

    private static KafkaSettings Of(KafkaSpec spec) => new() { Spec = spec, Servers = spec.Servers, Group = "g", ClientId = "c", Session = TimeSpan.FromSeconds(10) };
}
