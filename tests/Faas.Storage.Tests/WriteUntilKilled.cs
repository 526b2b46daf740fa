using System.Text;

namespace Faas.Storage.Tests;

/// <summary>The process that the crash tests kill: it writes as fast as it can and notes, outside the store, what was acknowledged.</summary>
internal static class WriteUntilKilled
{
    public const string Verb = "write-until-killed";
    private const int Writers = 16;

    public static string AcknowledgedFile(string folder) => Path.Combine(folder, "acknowledged");

    public static async Task RunAsync(string folder, string round)
    {
        var store = await SqliteStore.OpenAsync(Path.Combine(folder, "faas.db"), "USD", CancellationToken.None);
        using var acknowledged = new FileStream(AcknowledgedFile(folder), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(store, acknowledged, $"{round}-{writer}")));
    }

    private static async Task WriteAsync(SqliteStore store, FileStream acknowledged, string boot)
    {
        for (var i = 0; ; i++)
        {
            await store.IngestAsync(new UsagePosition(boot, 0, i, i + 1), [Sample.Usage($"{boot}-{i}")], CancellationToken.None);
            lock (acknowledged)
            {
                acknowledged.Write(Encoding.ASCII.GetBytes($"{boot} {i}\n"));
            }

            Console.Out.WriteLine(boot);   // the parent counts these lines to know when to kill
        }
    }
}
