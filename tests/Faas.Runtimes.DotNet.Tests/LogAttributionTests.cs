using System.Text;
using Faas.Runtimes.Tests;

namespace Faas.Runtimes.DotNet.Tests;

/// <summary>A line carries the invocation that wrote it, whichever way the code went that wrote it, with all invocations of the instance at the same moment.</summary>
public sealed class LogAttributionTests
{
    [Fact]
    public async Task Lines_from_threads_tasks_timers_and_callbacks_carry_their_invocation_on_one_shared_connection()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Everywhere");
        using var shared = await worker.OpenSharedAsync();
        var ids = Enumerable.Range(0, 8).Select(n => $"call-{n}").ToList();
        await shared.BeginAsync(ids.Select(id => new InvocationRequest { Id = id, Method = "POST", Body = Encoding.UTF8.GetBytes(id) }));
        foreach (var _ in ids)
        {
            Assert.Equal(200, (await shared.ReadAsync()).Answer!.Status);
        }

        await worker.Control.WaitForLogsAsync(lines => lines.Count >= 8 * 15);
        Assert.All(worker.Control.Logs, line => Assert.EndsWith(line.InvocationId.Length > 0 ? " " + line.InvocationId : "has an invocation", line.Text, StringComparison.Ordinal));
        Assert.All(ids, id => Assert.Equal(15, worker.Control.Logs.Count(line => line.InvocationId == id)));
    }

    [Fact]
    public async Task What_a_stream_writes_between_its_items_and_after_its_answer_carries_its_invocation()
    {
        await using var worker = await DotNetWorker.StartAsync("Logs.Items");
        var ids = Enumerable.Range(0, 4).Select(n => $"stream-{n}").ToList();
        await Task.WhenAll(ids.Select(async id =>
        {
            using var data = await worker.OpenDataAsync();
            Assert.Equal(30, (await data.InvokeAsync(new InvocationRequest { Id = id, Method = "POST", Body = Encoding.UTF8.GetBytes(id) })).Body.Length);
        }));
        await worker.Control.WaitForLogsAsync(lines => lines.Count == 16);
        Assert.All(ids, id => Assert.Equal(4, worker.Control.Logs.Count(line => line.InvocationId == id && line.Text.EndsWith(id, StringComparison.Ordinal))));
    }
}
