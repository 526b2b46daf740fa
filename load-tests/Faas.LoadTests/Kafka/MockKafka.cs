using System.Reflection;
using System.Runtime.InteropServices;

namespace Faas.LoadTests.Kafka;

/// <summary>
/// A Kafka cluster in this process: librdkafka's own, which speaks the protocol over TCP on loopback. It has topics, consumer groups and committed offsets in memory, and no SASL, TLS, compaction or
/// administration. It can be taken away and given back with what it has, and be told to answer with errors.
/// </summary>
internal sealed partial class MockKafka : IDisposable
{
    /// <summary>The request type of messages that are sent.</summary>
    public const short Produce = 0;

    /// <summary>The request type of committed offsets.</summary>
    public const short OffsetCommit = 8;

    /// <summary>The request type of a member's signs of life.</summary>
    public const short Heartbeat = 12;

    private const string Library = "librdkafka";
    private const int Producer = 0;
    private const int AllBrokers = -1;

    private readonly nint _client;
    private readonly nint _cluster;

    static MockKafka() => NativeLibrary.SetDllImportResolver(typeof(MockKafka).Assembly, Resolve);

    /// <summary>Starts it on free ports.</summary>
    /// <param name="brokers">How many brokers.</param>
    public MockKafka(int brokers = 1)
    {
        var configuration = NewConfiguration();
        Set(configuration, "log_level", "0", 0, 0);   // it complains about each client that goes away
        _client = NewClient(Producer, configuration, 0, 0);
        _cluster = NewCluster(_client, brokers);
        SetRebalanceDelay(_cluster, 0);
        Servers = Marshal.PtrToStringUTF8(ServersOf(_cluster))!;   // never null for a cluster
    }

    /// <summary>Where it is: <c>host:port[,host:port]</c>.</summary>
    public string Servers { get; }

    /// <summary>Makes a topic.</summary>
    public void Create(string topic, int partitions) => Check(CreateTopic(_cluster, topic, partitions, 1), $"topic {topic}");

    /// <summary>Whether clients are told that there is no such topic, though there is.</summary>
    public void Hide(string topic, bool isHidden) => SetTopicError(_cluster, topic, isHidden ? 3 : 0);

    /// <summary>Cuts all connections and refuses new ones, as when it is killed.</summary>
    public void GoAway() => Check(SetDown(_cluster, AllBrokers), "all brokers");

    /// <summary>It is there again, on the same ports and with what it had.</summary>
    public void ComeBack() => Check(SetUp(_cluster, AllBrokers), "all brokers");

    /// <summary>Answers the next requests of a type with errors of the protocol.</summary>
    public void Fail(short request, params int[] errors) => PushErrors(_cluster, request, errors.Length, errors);

    /// <summary>Answers requests of a type as it should again.</summary>
    public void Heal(short request) => ClearErrors(_cluster, request);

    public void Dispose()
    {
        DestroyCluster(_cluster);
        DestroyClient(_client);
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"librdkafka's cluster refuses what was asked of {what}: error {error}");
        }
    }

    /// <summary>The one of librdkafka's files that can be loaded here, as Kafka's client has it.</summary>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        foreach (var file in (string[])[name, $"centos8-{name}", $"alpine-{name}"])
        {
            if (name == Library && NativeLibrary.TryLoad(file, assembly, path, out var library))
            {
                return library;
            }
        }

        return 0;
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfiguration();

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(nint configuration, string name, string value, nint problem, nint problemSize);

    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint NewClient(int type, nint configuration, nint problem, nint problemSize);

    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void DestroyClient(nint client);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint client, int brokers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint ServersOf(nint cluster);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    private static partial void SetRebalanceDelay(nint cluster, int milliseconds);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_set_error", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void SetTopicError(nint cluster, string topic, int error);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_down")]
    private static partial int SetDown(nint cluster, int broker);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_up")]
    private static partial int SetUp(nint cluster, int broker);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    private static partial void PushErrors(nint cluster, short request, nint count, int[] errors);

    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_clear_request_errors")]
    private static partial void ClearErrors(nint cluster, short request);
}
