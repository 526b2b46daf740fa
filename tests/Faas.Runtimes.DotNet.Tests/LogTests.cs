using Faas.Runtimes.Tests;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class LogTests
{
    [Fact]
    public async Task Lines_carry_the_invocation_that_wrote_them_also_from_tasks_and_side_by_side()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Write");
        var ids = Enumerable.Range(0, 8).Select(i => $"call-{i}").ToArray();
        await Task.WhenAll(ids.Select(id => worker.InvokeAsync(new() { Id = id, Method = "POST", Body = System.Text.Encoding.UTF8.GetBytes(id) })));
        await worker.Control.WaitForLogsAsync(lines => lines.Count(line => line.Text.StartsWith("unfinished", StringComparison.Ordinal)) == ids.Length);
        foreach (var id in ids)
        {
            var own = worker.Control.Logs.Where(line => line.InvocationId == id).ToArray();
            Assert.Equal([$"part whole {id}", $"error {id}", $"task {id}", $"unfinished {id}"], own.Select(line => line.Text));
            Assert.Equal([false, true, false, false], own.Select(line => line.IsError));
        }
    }

    [Fact]
    public async Task A_long_line_is_cut_between_characters_and_says_that_it_goes_on()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Long");
        await worker.InvokeAsync(new() { Id = "i" });
        await worker.Control.WaitForLogsAsync(lines => lines.Sum(line => line.Text.Length) == 20_000);
        Assert.All(worker.Control.Logs, line => Assert.Equal(("i", ""), (line.InvocationId, line.Text.Trim('å'))));
        Assert.Equal([true, true, false], worker.Control.Logs.Select(line => line.GoesOn));
    }

    [Fact]
    public async Task A_flood_never_blocks_the_function_and_the_newest_lines_and_the_count_of_the_lost_remain()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Flood");
        worker.Control.Dispose();
        Assert.Equal(204, (await worker.InvokeAsync(new())).Status);
        using var control = await worker.OpenControlAsync(worker.Token);
        await control.WaitForLogAsync("line 199999");
        Assert.Matches("^1[0-9]{5} log lines were dropped: more than 256 KiB waited to be sent$", control.Logs[0].Text);
    }

    [Fact]
    public async Task What_is_said_while_no_controller_is_connected_reaches_the_next_one()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Write");
        worker.Control.Dispose();
        await worker.InvokeAsync(new() { Id = "a", Method = "POST", Body = "a"u8.ToArray() });
        using var control = await worker.OpenControlAsync(worker.Token);
        await control.WaitForLogAsync("unfinished a");
    }

    [Fact]
    public async Task What_one_invocation_leaves_in_async_locals_does_not_reach_the_next()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Leak");
        using var data = await worker.OpenDataAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("clean", (await data.InvokeAsync(new())).Text);
        }
    }
}
