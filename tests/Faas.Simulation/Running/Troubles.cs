using Faas.Contracts.Invocations;
using Faas.Simulation.Ends;

namespace Faas.Simulation.Running;

/// <summary>What goes wrong, and who calls, while a schedule is in its active part.</summary>
internal sealed class Troubles(World world, Deployments deployments)
{
    private readonly Chance _chance = world.Chance.Split();

    public void Begin()
    {
        var plan = world.Plan;
        Again(plan.LinkFaultMs, () => world.Connection?.Cut());
        Again(plan.GatewayRestartMs, world.RestartGateway);
        Again(plan.ControllerRestartMs, world.RestartController);
        Again(plan.CrashMs, Crash);
        Again(plan.DeployMs, Change);
        for (var i = 0; i < plan.Functions.Count; i++)
        {
            var function = plan.Functions[i].Name;
            if (plan.Quick[i] is { } load)
            {
                var callers = new QuickCallers(world, function, load);
                Again(load.GapMs, callers.Come);
                continue;
            }

            Again(plan.GapMs[i], () => Call(function));
        }
    }

    private void Again(double meanMs, Action act)
    {
        if (meanMs > 0)
        {
            world.Time.After(_chance.Gap(meanMs), () =>
            {
                if (world.AreFaultsOn)
                {
                    act();
                    Again(meanMs, act);
                }
            });
        }
    }

    private void Call(string function)
    {
        for (var left = _chance.OneIn(12) ? _chance.Between(2, 10) : 1; left > 0; left--)
        {
            var runs = _chance.OneIn(25) ? _chance.Span(300, 6000) : _chance.Span(0.5, 120);
            world.Send(function, new CallScript(
                runs,
                GivesUpAfter: _chance.OneIn(12) ? _chance.Span(0.5, 3000) : null,
                NeverEnds: _chance.OneIn(3),
                EndsInNonsense: _chance.OneIn(150)));
        }
    }

    private void Change()
    {
        var spec = _chance.Pick(world.Plan.Functions);
        if (_chance.OneIn(4))
        {
            deployments.Delete(spec.Name);
        }
        else
        {
            deployments.Deploy(spec);
        }
    }

    private void Crash()
    {
        var living = world.Machine.Sandboxes.Where(s => s.State == SandboxState.Running).ToList();
        if (living.Count == 0)
        {
            return;
        }

        world.Crash(_chance.Pick(living), _chance);
    }
}
