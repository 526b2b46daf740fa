using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Triggers;

namespace Faas.Events.Tests.Triggers;

public sealed class DeliveryPauseTests
{
    [Fact]
    public async Task A_delivery_that_waits_because_its_function_keeps_failing_can_be_given_up()
    {
        var givenUp = new TaskCompletionSource();
        await using var events = await EventsFixture.StartAsync(prepare: events =>
        {
            events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Failure(InvocationError.Crashed));
            events.Source.Run = (context, ct) => RunAsync(context, givenUp, ct);
            events.Functions.Deploy("hello", new AsyncSpec { MaxAttempts = 1 }, 10, [new TriggerSpec { Name = "broker" }]);
        });
        await givenUp.Task.WaitAsync(TimeSpan.FromSeconds(30), EventsFixture.Ct);   // the clock stands still, and with it the pause
        Assert.Equal(FailureStreak.Tolerated, events.Transport.Ran.Count);
    }

    private static async Task RunAsync(TriggerContext context, TaskCompletionSource givenUp, CancellationToken ct)
    {
        var given = new TriggerEvent("{}"u8.ToArray());
        for (var i = 0; i < FailureStreak.Tolerated; i++)
        {
            await context.DeliverAsync(given, ct);
        }

        using var ending = new CancellationTokenSource();
        var waiting = context.DeliverAsync(given, ending.Token);
        Assert.False(waiting.IsCompleted);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        givenUp.SetResult();
        await new TaskCompletionSource().Task.WaitAsync(ct);
    }
}
