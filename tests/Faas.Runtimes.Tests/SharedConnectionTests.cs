using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Many small invocations on one connection.</summary>
public sealed class SharedConnectionTests
{
    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    [Theory, MemberData(nameof(Runtimes))]
    public async Task Several_requests_in_one_write_are_all_answered(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 3; round++)
        {
            var paths = Enumerable.Range(0, 8).Select(n => $"/{round}/{n}").ToList();
            var streams = await shared.BeginAsync(paths.Select(SharedFunction.To));

            var answers = new Dictionary<uint, string>();
            foreach (var _ in paths)
            {
                var answer = await shared.ReadAsync();
                Assert.Equal((200, EndOutcome.Completed), (answer.Answer!.Status, answer.Answer.End.Outcome));
                answers.Add(answer.Stream, answer.Answer.Text);
            }

            Assert.Equal(paths, streams.Select(s => answers[s]));
        }
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_slow_invocation_does_not_hold_up_a_fast_one(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        var streams = await shared.BeginAsync([SharedFunction.To("/wait"), SharedFunction.To("/fast")]);

        Assert.Equal(streams[1], (await shared.ReadAsync()).Stream);
        await shared.BeginAsync(SharedFunction.To("/open"));
        string[] texts = [(await shared.ReadAsync()).Answer!.Text, (await shared.ReadAsync()).Answer!.Text];
        Assert.Equal(["/open", "/wait"], texts.Order());
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task The_answers_to_requests_of_one_write_leave_in_one_write(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        await AssertOneWriteAsync(shared, answers: 8, () => shared.BeginAsync(Enumerable.Range(0, 8).Select(n => SharedFunction.To($"/{n}"))));
    }

    [Theory]
    [InlineData("(r) => { waiting.push(r); if (waiting.length === 4) waiting.splice(0).forEach((go) => go()); }")]   // one releases the others
    [InlineData("(r) => setTimeout(r, 5)")]
    public async Task In_Node_answers_that_become_ready_together_later_leave_in_one_write(string wait)
    {
        await using var worker = await Workers.ServeAsync(
            Workers.Node, "", $"const waiting = [];\nexports.handler = async (event) => {{ await new Promise(event.rawPath === '/never' ? () => {{}} : {wait}); return 'done'; }};\n");
        using var shared = await worker.OpenSharedAsync();
        await shared.BeginAsync(SharedFunction.To("/never"));

        await AssertOneWriteAsync(shared, answers: 4, () => shared.BeginAsync(Enumerable.Repeat(SharedFunction.To("/"), 4)));
    }

    [Fact]
    public async Task In_Node_an_answer_does_not_wait_for_the_next_request_where_handlers_compute()
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

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_body_comes_with_its_request(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        string[] bodies = ["short", "größer", new string('x', 64 * 1024)];

        await shared.BeginAsync(bodies.Select(b => new InvocationRequest
        {
            Method = "POST",
            Path = "/echo",
            Headers = [("content-type", "text/plain"), ("x-name", "Grün")],
            Body = Encoding.UTF8.GetBytes(b),
        }));

        string[] answers = [(await shared.ReadAsync()).Answer!.Text, (await shared.ReadAsync()).Answer!.Text, (await shared.ReadAsync()).Answer!.Text];
        Assert.Equal(bodies.Order(), answers.Order());
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task An_answer_without_a_body_has_no_body_frame(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        await shared.BeginAsync(SharedFunction.To("/nothing"));

        Assert.Equal(FrameType.Response, (await shared.Frames.ReadFrameAsync())!.Type);
        Assert.Equal(FrameType.End, (await shared.Frames.ReadFrameAsync())!.Type);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_failure_concerns_its_own_invocation_only(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        var streams = await shared.BeginAsync([SharedFunction.To("/fail"), SharedFunction.To("/fine")]);

        SharedAnswer[] answers = [await shared.ReadAsync(), await shared.ReadAsync()];
        var failed = answers.Single(a => a.Stream == streams[0]).Answer!;
        Assert.Equal(("Unhandled", "no such order", EndOutcome.Failed), (failed.Failure?.Kind, failed.Failure?.Message, failed.End.Outcome));
        Assert.Equal("/fine", answers.Single(a => a.Stream == streams[1]).Answer!.Text);
        Assert.Equal("/fail", (await worker.Control.WaitForLogAsync("no such order")).InvocationId);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task Lines_of_invocations_that_run_at_once_carry_their_own_ids(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        string[] ids = ["a", "b", "c"];

        await shared.BeginAsync(ids.Select(id => SharedFunction.To("/meet") with { Id = id }));

        await worker.Control.WaitForLogsAsync(lines => lines.Count == 6);
        foreach (var id in ids)
        {
            Assert.Equal([$"first {id}", $"second {id}"], worker.Control.Logs.Where(l => l.InvocationId == id).Select(l => l.Text));
        }
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_body_that_does_not_follow_its_request_closes_the_connection(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        await shared.BeginAsync([new InvocationRequest { BodyFollows = true }, SharedFunction.To("/other")]);

        Assert.Null(await shared.Frames.ReadFrameAsync());
        Assert.Equal("/fine", (await worker.InvokeAsync(SharedFunction.To("/fine"))).Text);
    }

    /// <summary>Not each time: an answer does not wait for others for long, and on a busy machine the worker may be interrupted between two.</summary>
    private static async Task AssertOneWriteAsync(SharedConnection shared, int answers, Func<Task> beginAsync)
    {
        const int Rounds = 10;
        var inOneWrite = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await beginAsync();
            inOneWrite += await IsOneWriteAsync(shared.Frames, answers) ? 1 : 0;
        }

        Assert.InRange(inOneWrite, Rounds / 2, Rounds);
    }

    private static async Task<bool> IsOneWriteAsync(FrameConnection frames, int answers)
    {
        Assert.Equal(FrameType.Response, (await frames.ReadFrameAsync())!.Type);
        var available = frames.Available;   // what did not arrive with the first frame was another write
        var read = 0;
        for (var ended = 0; ended < answers;)
        {
            var frame = (await frames.ReadFrameAsync())!;
            read += FrameHeader.Length + frame.Payload.Length;
            ended += frame.Type == FrameType.End ? 1 : 0;
        }

        return read == available;
    }
}
