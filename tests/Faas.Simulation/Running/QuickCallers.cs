using Faas.Contracts.Invocations;
using Faas.Simulation.Ends;

namespace Faas.Simulation.Running;

/// <summary>The callers of a quick function: they come many at once, or each sends its next request as soon as it has its answer.</summary>
internal sealed class QuickCallers(World world, string function, QuickLoad load)
{
    private readonly Chance _chance = world.Chance.Split();

    public void Come()
    {
        if (_chance.OneIn(3))
        {
            for (var left = _chance.Between(5, 60); left > 0; left--)
            {
                Call();
            }
        }
        else
        {
            for (var left = _chance.Between(2, 12); left > 0; left--)
            {
                _ = CallOnAndOnAsync(_chance.Between(5, 25));
            }
        }

        // An instance that dies at any other time has nothing ahead.
        if (world.Plan.CrashMs > 0 && _chance.OneIn(3))
        {
            world.Time.After(_chance.Span(0.3, 10), Crash);
        }
    }

    private async Task CallOnAndOnAsync(int count)
    {
        for (; count > 0; count--)
        {
            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var call = Call();
            call.WhenSettled(next);
            await next.Task;
            if (call.Outcome is InvocationError.QueueFull or InvocationError.NotFound or InvocationError.Unavailable)
            {
                return;
            }
        }
    }

    private Call Call()
    {
        var isSlow = _chance.OneIn(load.SlowOneIn);
        var runs = !isSlow ? _chance.Span(0.05, 0.4) : _chance.OneIn(20) ? _chance.Span(300, 6000) : _chance.Span(1, 200);
        return world.Send(function, new CallScript(
            runs,
            GivesUpAfter: _chance.OneIn(30) ? _chance.Span(0.05, 30) : null,
            NeverEnds: _chance.OneIn(3),
            EndsInNonsense: _chance.OneIn(1500),
            IsSmall: !_chance.OneIn(load.LongOneIn),
            Moves: _chance.OneIn(load.MovesOneIn) && runs < TimeSpan.FromMilliseconds(250)));
    }

    private void Crash()
    {
        if (world.AreFaultsOn && world.Machine.Sandboxes.Where(s => s.State == SandboxState.Running && s.Revision.Function == function).ToList() is { Count: > 0 } living)
        {
            world.Crash(_chance.Pick(living), _chance);
        }
    }
}
