using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

public sealed class RetryPolicyTests
{
    private static readonly DateTimeOffset Now = EventsFixture.Noon;

    [Theory]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(5, 1, 16)]
    [InlineData(20, 1, 300)]
    [InlineData(20, 0, 150)]
    public void Pauses_double_up_to_the_longest_and_are_drawn_between_half_and_all(int failures, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Backoff(AsyncSpec.Default, failures, chance));

    [Theory]
    [InlineData(InvocationError.Crashed, true)]
    [InlineData(InvocationError.Unavailable, true)]
    [InlineData(InvocationError.Timeout, false)]
    [InlineData(InvocationError.OutOfMemory, false)]
    [InlineData(InvocationError.InitFailed, false)]
    [InlineData(InvocationError.BadRequest, false)]
    public void Only_what_may_succeed_later_is_tried_again(InvocationError error, bool isRetried) =>
        Assert.Equal(isRetried ? InvocationState.Queued : InvocationState.DeadLettered, Decide(FakeTransport.Failure(error)).Next);

    [Theory]
    [InlineData(200, InvocationState.Succeeded)]
    [InlineData(302, InvocationState.Succeeded)]
    [InlineData(404, InvocationState.DeadLettered)]
    [InlineData(408, InvocationState.Queued)]
    [InlineData(429, InvocationState.Queued)]
    [InlineData(500, InvocationState.Queued)]
    [InlineData(503, InvocationState.Queued)]
    public void The_function_s_own_status_says_whether_it_may_succeed_later(int status, InvocationState next) =>
        Assert.Equal(next, Decide(FakeTransport.Answer(status, "")).Next);

    [Fact]
    public void A_receiver_s_refusal_is_tried_again_unless_it_is_gone()
    {
        var delivery = Claim() with { Entry = Entry() with { DeliverTo = "http://example.com/" } };
        Assert.Equal(InvocationState.Queued, Decide(FakeTransport.Answer(404, ""), delivery).Next);
        Assert.Equal(InvocationState.DeadLettered, Decide(FakeTransport.Answer(410, ""), delivery).Next);
    }

    [Fact]
    public void A_pause_that_the_answer_asks_for_is_kept()
    {
        var decision = Decide(FakeTransport.Answer(429, "") with { RetryAfter = TimeSpan.FromMinutes(7) });
        Assert.Equal(Now.AddMinutes(7), decision.At);
    }

    [Fact]
    public void An_attempt_that_was_cut_off_is_run_again_at_once_and_not_counted_as_a_failure()
    {
        var decision = Decide(new AttemptResult { Progress = AttemptProgress.Cut });
        Assert.Equal((InvocationState.Queued, Now, 0), (decision.Next, decision.At, decision.Failures));
    }

    [Fact]
    public void What_is_cut_off_again_and_again_becomes_a_dead_letter_in_the_end()
    {
        var decision = Decide(new AttemptResult { Progress = AttemptProgress.Cut, Detail = "cut off" }, Claim() with { Attempt = RetryPolicy.UncountedMax });
        Assert.Equal(InvocationState.DeadLettered, decision.Next);
        Assert.Contains("cut off", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_who_waits_gets_the_failure_and_no_further_attempt()
    {
        var awaited = Claim() with { Entry = Entry() with { IsAwaited = true } };
        Assert.Equal(InvocationState.Failed, Decide(FakeTransport.Failure(InvocationError.Crashed), awaited).Next);
        Assert.Equal(InvocationState.Queued, Decide(new AttemptResult { Progress = AttemptProgress.Cut }, awaited).Next);
    }

    [Fact]
    public void A_result_is_kept_at_least_as_long_as_its_key_means_it()
    {
        var keyed = Claim() with { Entry = Entry() with { Key = new IdempotencyKey("k", "f", Now.AddDays(3)) } };
        Assert.Equal(Now.AddDays(3), Decide(FakeTransport.Answer(200, ""), keyed).At);
        Assert.Equal(Now.AddDays(1), Decide(FakeTransport.Answer(200, "")).At);
    }

    [Fact]
    public void An_attempt_that_would_come_too_late_is_not_waited_for()
    {
        var old = Claim() with { Entry = Entry() with { DueAt = Now - AsyncSpec.Default.MaxAge } };
        Assert.Contains("maxAge", Decide(FakeTransport.Failure(InvocationError.Crashed), old).Reason, StringComparison.Ordinal);
    }

    private static RetryDecision Decide(AttemptResult result, Claim? claim = null) => RetryPolicy.Decide(claim ?? Claim(), result, AsyncSpec.Default, Now, 1);

    private static Claim Claim() => new(Entry(), default, 1, 0, Now);

    private static QueueEntry Entry() => new()
    {
        Id = "a", Lane = "hello", Function = "hello", AcceptedAt = Now, DueAt = Now, Nonce = "n", Request = new InvocationRequest(true, "POST", "/", "", []),
    };
}
