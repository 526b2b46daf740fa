namespace Faas.Runtimes.Tests;

/// <summary>What is particular to an event loop that serves a shared connection.</summary>
public sealed class NodeSharedConnectionTests
{
    [Theory]
    [InlineData("(r) => { waiting.push(r); if (waiting.length === 4) waiting.splice(0).forEach((go) => go()); }")]   // one releases the others
    [InlineData("(r) => setTimeout(r, 5)")]
    public async Task Answers_that_become_ready_together_later_leave_in_one_write(string wait)
    {
        await using var worker = await Workers.ServeAsync(
            Workers.Node, "", $"const waiting = [];\nexports.handler = async (event) => {{ await new Promise(event.rawPath === '/never' ? () => {{}} : {wait}); return 'done'; }};\n");
        using var shared = await worker.OpenSharedAsync();
        await shared.BeginAsync(SharedFunction.To("/never"));

        await OneWrite.AssertAsync(shared, answers: 4, () => shared.BeginAsync(Enumerable.Repeat(SharedFunction.To("/"), 4)));
    }

    [Fact]
    public async Task An_answer_does_not_wait_for_the_next_request_where_handlers_compute()
    {
        await using var worker = await Workers.ServeAsync(
            Workers.Node,
            "",
            """
            const fs = require('fs');
            exports.handler = async (event) => {
              const end = performance.now() + 5;
              while (event.rawPath === '/blocks' ? !fs.existsSync('go') : performance.now() < end);
              return event.rawPath;
            };
            """);
        using var shared = await worker.OpenSharedAsync();

        await shared.BeginAsync([SharedFunction.To("/computes"), SharedFunction.To("/blocks"), SharedFunction.To("/computes")]);

        Assert.Equal("/computes", (await shared.ReadAsync()).Answer!.Text);
        worker.WriteCode("go", "");
        Assert.Equal("/blocks", (await shared.ReadAsync()).Answer!.Text);
        Assert.Equal("/computes", (await shared.ReadAsync()).Answer!.Text);
    }

    [Fact]
    public async Task An_answer_that_is_ready_leaves_though_another_invocation_ends_the_process()
    {
        await using var worker = await Workers.ServeAsync(
            Workers.Node, "", "exports.handler = (event) => event.rawPath === '/exit' ? process.exit(7) : 'last words';\n");
        using var shared = await worker.OpenSharedAsync();

        await shared.BeginAsync([SharedFunction.To("/"), SharedFunction.To("/exit")]);

        Assert.Equal("last words", (await shared.ReadAsync()).Answer!.Text);
        await Assert.ThrowsAsync<WorkerClosedException>(shared.ReadAsync);
        Assert.Equal(7, await worker.ExitCodeAsync());
    }
}
