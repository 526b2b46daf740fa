namespace Faas.Events.Tests.RabbitMq;

/// <summary>The tests that share one RabbitMQ, which takes a while to start.</summary>
[CollectionDefinition(Name)]
public sealed class SharedRabbitMq : ICollectionFixture<RabbitMqServer>
{
    public const string Name = "RabbitMQ";
}
