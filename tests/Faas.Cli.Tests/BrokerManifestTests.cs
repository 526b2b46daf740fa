using Faas.Cli.Manifest;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

/// <summary>Brokers and webhooks among a manifest's <c>triggers:</c>.</summary>
public sealed class BrokerManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BrokerManifestTests() => _folder.Write("hello/handler.py", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_setting_of_a_Redis_stream_is_read() => Assert.Equal(
        new RedisStreamSpec
        {
            Url = "redis://app:${PW}@db:6380/2", Stream = "orders", Group = "shop", From = StartAt.End, BatchSize = 50, BatchWindow = TimeSpan.FromSeconds(2), Concurrency = 3,
            ReclaimAfter = TimeSpan.FromMinutes(1), DeadLetter = "orders-dead",
        },
        Only("{redisStream: {url: \"redis://app:${PW}@db:6380/2\", stream: orders, group: shop, from: end, batchSize: 50, batchWindow: 2s, concurrency: 3, reclaimAfter: 1m, deadLetter: orders-dead}}").RedisStream);

    [Fact]
    public void Every_setting_of_a_Redis_list_is_read() => Assert.Equal(
        new RedisListSpec { Url = "redis://localhost:6379", List = "jobs", Take = ListEnd.Left, Concurrency = 4, DeadLetter = "jobs-dead" },
        Only("{redisList: {url: redis://localhost:6379, list: jobs, take: left, concurrency: 4, deadLetter: jobs-dead}}").RedisList);

    [Fact]
    public void Every_setting_of_a_RabbitMQ_queue_is_read() => Assert.Equal(
        new RabbitMqSpec { Url = "amqp://localhost/shop", Queue = "orders", Exchange = "events", RoutingKey = "order.*", Prefetch = 7, DeadLetter = "dead" },
        Only("{rabbitmq: {url: amqp://localhost/shop, queue: orders, exchange: events, routingKey: order.*, prefetch: 7, deadLetter: dead}}").RabbitMq);

    [Fact]
    public void Every_setting_of_MQTT_is_read() => Assert.Equal(
        new MqttSpec { Url = "mqtts://broker:8883", Topic = "sensors/+/t", Group = "g", Qos = 2, Concurrency = 5, ClientId = "me", SessionExpiry = TimeSpan.FromHours(1), DeadLetter = "dead" },
        Only("{mqtt: {url: mqtts://broker:8883, topic: sensors/+/t, group: g, qos: 2, concurrency: 5, clientId: me, sessionExpiry: 1h, deadLetter: dead}}").Mqtt);

    [Fact]
    public void Every_setting_of_Kafka_is_read() => Assert.Equal(
        new KafkaSpec
        {
            Servers = "a:9092,b:9092", Topic = "orders", Group = "shop", From = StartAt.End, Concurrency = 8, User = "app", Password = "${PW}", Mechanism = KafkaMechanism.ScramSha512, Tls = true,
            DeadLetter = "dead",
        },
        Only("{kafka: {servers: \"a:9092,b:9092\", topic: orders, group: shop, from: end, concurrency: 8, user: app, password: \"${PW}\", mechanism: scramsha512, tls: true, deadLetter: dead}}").Kafka);

    [Fact]
    public void Every_setting_of_a_webhook_is_read() => Assert.Equal(
        new WebhookSpec
        {
            Scheme = WebhookScheme.Hmac, Secret = "${S}", Header = "X-Sig", Hash = WebhookHash.Sha512, Encoding = WebhookEncoding.Base64, Prefix = "v1=", IdHeader = "X-Id",
            Tolerance = TimeSpan.FromMinutes(1),
        },
        Only("{webhook: {scheme: hmac, secret: \"${S}\", header: X-Sig, hash: sha512, encoding: base64, prefix: v1=, idHeader: X-Id, tolerance: 1m}}").Webhook);

    [Theory]
    [InlineData("{rabbitmq: orders}", "'rabbitmq' must have settings, like {url: amqp://localhost:5672, queue: orders}")]
    [InlineData("{rabbitmq: {queue: orders}}", "'url' must be an address like amqp://localhost:5672")]
    [InlineData("{rabbitmq: {url: http://localhost, queue: orders}}", "'url' must be an address like amqp://localhost:5672")]
    [InlineData("{rabbitmq: {url: amqp://localhost}}", "'queue' must have 1 to 255 characters")]
    [InlineData("{rabbitmq: {url: amqp://localhost, queue: a, prefech: 3}}", "unknown setting of 'rabbitmq' 'prefech'; did you mean 'prefetch'?")]
    [InlineData("{rabbitmq: {url: amqp://localhost, queue: a, routingKey: b}}", "'routingKey' binds the queue to an exchange")]
    [InlineData("{redisStream: {url: redis://localhost, stream: a, batchSize: 0}}", "'batchSize' was 0; must be 1 to 1,000")]
    [InlineData("{redisStream: {url: redis://localhost, stream: a, deadLetter: a}}", "'deadLetter' must not be what the trigger reads")]
    [InlineData("{redisList: {url: redis://localhost, list: a, take: top}}", "'take' must be left or right, not 'top'")]
    [InlineData("{mqtt: {url: mqtt://localhost, topic: $share/g/a}}", "'topic' must not begin with '$'")]
    [InlineData("{kafka: {servers: localhost, topic: a}}", "'servers' must be brokers' addresses like localhost:9092")]
    [InlineData("{kafka: {servers: \"localhost:9092\", topic: a, user: me}}", "'password' and 'user' belong together")]
    [InlineData("{webhook: {secret: a}}", "'scheme' must be github, stripe, standard or hmac")]
    [InlineData("{webhook: {scheme: github}}", "'secret' must be what requests are signed with")]
    [InlineData("{webhook: {scheme: github, secret: a, header: b}}", "are for the scheme hmac only")]
    [InlineData("{kafka: {servers: \"localhost:9092\", topic: a}, mqtt: {url: mqtt://localhost, topic: a}}", "has 'mqtt' and 'kafka'; write one trigger for each")]
    public void A_mistake_says_what_is_right(string trigger, string message)
    {
        var problem = Assert.Single(Read(trigger).Problems);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(4, problem.Line);
        Assert.NotEqual(1, problem.Column);
    }

    [Fact]
    public void What_a_trigger_listens_to_is_shown_without_its_password() =>
        Assert.Equal("orders at db:6380/2", TriggerNames.SubjectOf(Only("{redisStream: {url: \"redis://app:word@db:6380/2\", stream: orders}}")));

    private TriggerSpec Only(string trigger)
    {
        var (functions, problems) = Read(trigger);
        Assert.Empty(problems);
        return Assert.Single(Assert.Single(functions).Spec.Triggers!);
    }

    private (IReadOnlyList<ManifestFunction> Functions, IReadOnlyList<ManifestProblem> Problems) Read(string trigger) =>
        ManifestReader.Read("faas.yaml", _folder.Path, $"functions:\n  hello:\n    runtime: python\n    triggers: [{trigger}]\n");
}
