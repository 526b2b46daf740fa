using System.Diagnostics;

namespace Faas.Storage.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_acknowledged_write_is_lost_or_counted_twice_when_the_process_is_killed()
    {
        for (var round = 0; round < 3; round++)
        {
            await WriteAndKillAsync(round);
            await using var store = await _folder.OpenAsync();
            var acknowledged = await File.ReadAllLinesAsync(WriteUntilKilled.AcknowledgedFile(_folder.Path), Ct);
            Assert.NotEmpty(acknowledged);
            foreach (var line in acknowledged)
            {
                var (boot, index) = line.Split(' ') is [var first, var second] ? (first, long.Parse(second, null)) : throw new InvalidDataException(line);
                await store.IngestAsync(new(boot, 0, index, index + 1), [Sample.Usage($"{boot}-{index}")], Ct);   // the gateway's resend after the crash
                Assert.Single(await store.ListAsync(null, $"{boot}-{index}", 10, Ct));
            }

            // Written but not acknowledged is allowed; a record without its total, or the reverse, is not.
            var totals = await store.TotalsAsync("hello", Ct);
            Assert.Equal(await store.Writer.WriteAsync(session => session.Scalar("SELECT sum(records) FROM usage_chunks"), Ct), totals.Invocations);
            Assert.Equal(PicoMoney.ToAmount(totals.Invocations), totals.Cost);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_of_the_files_of_a_running_store_has_everything_acknowledged(bool withTornTail)
    {
        await using var store = await _folder.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await store.IngestAsync(new("boot", 0, i, i + 1), [Sample.Usage($"{i}")], Ct);
        }

        using var copy = new StoreFolder();
        File.Copy(_folder.Database, copy.Database);
        File.Copy(_folder.Database + "-wal", copy.Database + "-wal");
        if (withTornTail)
        {
            await File.AppendAllTextAsync(copy.Database + "-wal", new string('x', 3000), Ct);
        }

        await using var recovered = await copy.OpenAsync();
        Assert.Equal(20, (await recovered.TotalsAsync("hello", Ct)).Invocations);
        Assert.Equal(20, await recovered.IngestAsync(new("boot", 0, 19, 20), [Sample.Usage("19")], Ct));
        Assert.Equal(20, (await recovered.ListAsync(null, null, 100, Ct)).Count);
    }

    private async Task WriteAndKillAsync(int round)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Faas.Storage.Tests")) { RedirectStandardOutput = true };
        start.ArgumentList.Add(WriteUntilKilled.Verb);
        start.ArgumentList.Add(_folder.Path);
        start.ArgumentList.Add($"round{round}");
        using var process = Process.Start(start)!;   // never null when it does not use the shell
        try
        {
            for (var lines = 0; lines < 300; lines++)
            {
                Assert.NotNull(await process.StandardOutput.ReadLineAsync(Ct));
            }
        }
        finally
        {
            process.Kill();   // SIGKILL, in the middle of whatever its 16 writers are doing
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
