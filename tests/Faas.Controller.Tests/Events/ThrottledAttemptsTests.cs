using Faas.Contracts.Invocations;
using Faas.Controller.Events;
using Faas.Events;
using Faas.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Events;

/// <summary>Attempts that the gateway refuses because a budget is spent.</summary>
public sealed class ThrottledAttemptsTests : IAttemptTransport, IEventHolds, IDisposable
{
    private static readonly AttemptResult Refused = new() { Progress = AttemptProgress.NotStarted, Error = InvocationError.BudgetExceeded, Status = 429, RetryAfter = TimeSpan.FromHours(1) };
    private static readonly AttemptResult Served = new() { Progress = AttemptProgress.Ended, Status = 200 };

    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<AttemptResult> _answers = new();
    private int? _limit;

    private ThrottledAttempts Attempts => new(this, this, _clock, _stopping.Token);

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task An_attempt_of_a_throttled_function_waits_for_its_turn_and_counts_once()
    {
        _limit = 1;
        Answer(Refused, Refused, Served);
        var running = Attempts.RunAsync(Claim(), CancellationToken.None);
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(2, _answers.Count);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(_answers);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(Served, await running);
    }

    [Fact]
    public async Task An_attempt_of_a_stopped_function_goes_back_and_waits_no_hour_once_it_is_let_go()
    {
        _limit = 0;
        Answer(Refused);
        Assert.Equal(Refused with { RetryAfter = null }, await Attempts.RunAsync(Claim(), CancellationToken.None));
    }

    [Fact]
    public async Task An_attempt_that_waits_goes_back_when_the_platform_stops()
    {
        _limit = 1;
        Answer(Refused, Refused);
        var running = Attempts.RunAsync(Claim(), CancellationToken.None);
        await _stopping.CancelAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AttemptProgress.NotStarted, (await running).Progress);
    }

    Task<AttemptResult> IAttemptTransport.RunAsync(Claim claim, CancellationToken ct) => Task.FromResult(_answers.Dequeue());

    int? IEventHolds.LimitOf(string function) => _limit;

    DateTimeOffset IEventHolds.ReleasedAt(string function) => default;

    private static Claim Claim() => new(
        new QueueEntry
        {
            Id = "a", Lane = "hello", Function = "hello", AcceptedAt = default, DueAt = default, Nonce = "a", Request = new InvocationRequest(true, "POST", "/", "", []),
        },
        default, 1, 0, default);

    private void Answer(params AttemptResult[] answers)
    {
        foreach (var answer in answers)
        {
            _answers.Enqueue(answer);
        }
    }
}
