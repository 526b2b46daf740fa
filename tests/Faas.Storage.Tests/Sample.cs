using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Storage.Tests;

internal static class Sample
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static RevisionRecord Revision(string function, string id) => new(
        id,
        function,
        new FunctionSpec
        {
            Name = function,
            Runtime = Runtimes.DotNet,
            Handler = "Hello.Greet",
            MemoryMiB = 512,
            Cpu = 0.25,
            Timeout = TimeSpan.FromMilliseconds(1500),
            Concurrency = 7,
            MinInstances = 1,
            MaxInstances = 3,
            KeepAlive = TimeSpan.FromHours(1),
            Env = new Dictionary<string, string> { ["GREETING"] = "grüß \"dich\"" },
            Network = NetworkKind.None,
            Command = ["a", "b c"],
            Image = "image",
            CodeDigest = new string('a', 64),
        },
        "build-" + id,
        Noon);

    public static UsageRecord Usage(string invocationId, string function = "hello", decimal cost = 0.000000000001m, int second = 0) => new()
    {
        InvocationId = invocationId,
        Function = function,
        Revision = "r1",
        Instance = "i1",
        ReceivedAt = Noon.AddSeconds(second),
        Queued = TimeSpan.FromMicroseconds(11),
        Cold = TimeSpan.FromMicroseconds(4_700),
        Run = TimeSpan.FromMicroseconds(1_234),
        BilledMs = 2,
        MemoryMiB = 256,
        GiBSeconds = 0.0005,
        BytesIn = 10,
        BytesOut = 20,
        Status = 200,
        Cost = cost,
    };
}
