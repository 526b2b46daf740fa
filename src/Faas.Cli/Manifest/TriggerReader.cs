using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads <c>triggers:</c>, one trigger or a list of them: <c>{topic: orders}</c>, <c>{cron: "0 8 * * MON-FRI"}</c>.</summary>
internal sealed class TriggerReader(SettingValues values, Dictionary<string, Mark> marks)
{
    private const string Example = "{topic: orders}";

    private static readonly string[] Keys = ["cron", "topic", "redisStream", "redisList", "rabbitmq", "mqtt", "kafka", "webhook", "name"];

    /// <summary>The triggers. Where each begins goes to the marks, so that rules which one breaks are reported in its own line.</summary>
    public IReadOnlyList<TriggerSpec> Read(YamlNode value)
    {
        if (value is not (YamlMappingNode or YamlSequenceNode))
        {
            values.Problem(value.Start, $"'triggers' must be a list of triggers, like [{Example}]");
            return [];
        }

        var triggers = new List<TriggerSpec>();
        foreach (var node in value is YamlSequenceNode list ? list.Children : [value])
        {
            if (node is YamlMappingNode mapping)
            {
                marks[$"triggers[{triggers.Count}]"] = node.Start;
                triggers.Add(ReadOne($"triggers[{triggers.Count}]", mapping));
            }
            else
            {
                values.Problem(node.Start, $"a trigger must be written like {Example}");
            }
        }

        return triggers;
    }

    private TriggerSpec ReadOne(string field, YamlMappingNode mapping)
    {
        var trigger = new TriggerSpec();
        var brokers = new BrokerReader(values, marks);
        foreach (var (key, value) in mapping.Children)
        {
            switch ((key as YamlScalarNode)?.Value)
            {
                case "cron": trigger = trigger with { Cron = new CronReader(values, marks).Read($"{field}.cron", value) }; break;
                case "topic": trigger = trigger with { Topic = values.Scalar("topic", value, "a topic's name like orders") }; break;
                case "redisStream": trigger = trigger with { RedisStream = brokers.RedisStream(field, value) }; break;
                case "redisList": trigger = trigger with { RedisList = brokers.RedisList(field, value) }; break;
                case "rabbitmq": trigger = trigger with { RabbitMq = brokers.RabbitMq(field, value) }; break;
                case "mqtt": trigger = trigger with { Mqtt = brokers.Mqtt(field, value) }; break;
                case "kafka": trigger = trigger with { Kafka = brokers.Kafka(field, value) }; break;
                case "webhook": trigger = trigger with { Webhook = brokers.Webhook(field, value) }; break;
                case "name": trigger = trigger with { Name = values.Scalar("name", value, "a name like new-orders") }; break;
                default: values.Problem(key.Start, SettingValues.Unknown(key, "setting of a trigger", Keys)); break;
            }
        }

        return trigger;
    }
}
