using Microsoft.Extensions.Time.Testing;

namespace Faas.Events.Tests;

/// <summary>A clock that can be told to go on just after it was read, as real ones do: between one look at it and the next.</summary>
internal sealed class SteppingClock(DateTimeOffset now) : FakeTimeProvider(now)
{
    private StepAfterRead? _step;

    /// <summary>Time goes on by so much after the next read, once. Completes when it has.</summary>
    public Task StepAfterReadAsync(TimeSpan by)
    {
        var step = new StepAfterRead(by, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Volatile.Write(ref _step, step);
        return step.Taken.Task;
    }

    public override DateTimeOffset GetUtcNow()
    {
        var read = base.GetUtcNow();
        if (Interlocked.Exchange(ref _step, null) is { } step)
        {
            Advance(step.By);
            step.Taken.SetResult();
        }

        return read;
    }

    private sealed record StepAfterRead(TimeSpan By, TaskCompletionSource Taken);
}
