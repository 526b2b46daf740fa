namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>Decides how long an idle function keeps its instance. Pure: the same history, the same plan. The simulator runs the same classes.</summary>
internal interface IKeepAlivePolicy
{
    /// <summary>What users and measurements call it.</summary>
    string Name { get; }

    /// <summary>The plan for the idle time that begins now.</summary>
    KeepAlivePlan Plan(IdleHistory history);
}
