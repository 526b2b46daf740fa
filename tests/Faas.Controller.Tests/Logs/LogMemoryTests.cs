namespace Faas.Controller.Tests.Logs;

/// <summary>Alone in the process while it runs, because it measures what the process has.</summary>
[CollectionDefinition(Alone, DisableParallelization = true)]
[Collection(Alone)]
public sealed class LogMemoryTests
{
    private const string Alone = "log memory";

    [Fact]
    public async Task Ten_thousand_quiet_logs_have_no_open_files_and_next_to_no_memory()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("warm up");
        await fixture.ReadAsync();
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 10_000; i++)
        {
            fixture.Write("hello", function: $"f{i}");
        }

        Assert.Single(await fixture.ReadAsync(function: "f9999"));
        Assert.Single(await fixture.ReadAsync(function: "f0"));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - memory) / 10_000;
        TestContext.Current.SendDiagnosticMessage($"{each} bytes for each log");
        Assert.InRange(each, 0, 2048);
        Assert.DoesNotContain(new DirectoryInfo("/proc/self/fd").GetFiles(), file => file.LinkTarget?.StartsWith(fixture.Root, StringComparison.Ordinal) == true);
    }
}
