namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>Keeps an instance for a fixed time, whatever happened before: what a function's own <c>KeepAlive</c> asks for.</summary>
/// <param name="keep">The time; <see cref="TimeSpan.MaxValue"/> for ever.</param>
internal sealed class FixedKeepAlive(TimeSpan keep) : IKeepAlivePolicy
{
    private readonly KeepAlivePlan _plan = KeepAlivePlan.KeepFor(keep, KeepAliveBasis.Fixed);

    public string Name => $"fixed {KeepAliveText.Of(keep)}";

    public KeepAlivePlan Plan(IdleHistory history) => _plan;
}
