using System.Diagnostics;
using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Many small invocations on one connection.</summary>
public sealed class SharedConnectionTests
{
    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    [Theory, MemberData(nameof(Runtimes))]
    public async Task The_end_says_how_long_the_function_ran_with_what_it_waited_for(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        var all = Stopwatch.StartNew();
        await shared.BeginAsync(SharedFunction.To("/hold"));
        await worker.Control.WaitForLogAsync("holding");
        var held = Stopwatch.StartNew();
        Assert.Equal("/other", (await shared.InvokeAsync(SharedFunction.To("/other"))).Text);
        held.Stop();
        worker.WriteCode("go", "");
        var end = (await shared.ReadAsync()).Answer!.End;

        Assert.InRange(end.RunMicros, EndOfInvocation.ToRunMicros(held.Elapsed), EndOfInvocation.ToRunMicros(all.Elapsed));
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task What_ran_for_longer_than_the_end_can_say_has_the_most_that_it_can(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        await shared.BeginAsync(SharedFunction.To("/hold"));
        await worker.Control.WaitForLogAsync("holding");
        for (var held = Stopwatch.StartNew(); held.Elapsed.TotalMicroseconds <= EndOfInvocation.RunMicrosMax;)
        {
            await shared.InvokeAsync(SharedFunction.To("/other"));
        }

        worker.WriteCode("go", "");
        Assert.Equal(EndOfInvocation.RunMicrosMax, (await shared.ReadAsync()).Answer!.End.RunMicros);
    }

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

        await OneWrite.AssertAsync(shared, answers: 8, () => shared.BeginAsync(Enumerable.Range(0, 8).Select(n => SharedFunction.To($"/{n}"))));
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
}
