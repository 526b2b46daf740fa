namespace Faas.Runtimes.Tests;

public sealed class WorkerHarnessTests
{
    [Fact]
    public async Task A_worker_that_ends_before_it_is_ready_fails_the_start_with_its_own_words()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => WorkerHarness.StartAsync(new WorkerCommand("sh", "-c", "echo out of luck; exit 3")));

        Assert.Contains("ended before it was ready: out of luck", failure.Message, StringComparison.Ordinal);
    }
}
