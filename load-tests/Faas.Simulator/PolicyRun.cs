using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Simulator;

/// <summary>How room is made on a machine whose memory is limited.</summary>
internal enum Eviction
{
    /// <summary>The memory is not limited.</summary>
    None,

    /// <summary>The longest idle goes.</summary>
    LeastRecentlyUsed,

    /// <summary>The least valuable goes: the controller's <see cref="Faas.Controller.Scaling.KeepAlive.GreedyDual"/>.</summary>
    GreedyDual,
}

/// <summary>A policy to run, under the name that the results give it.</summary>
internal sealed record PolicyRun(string Name, IKeepAlivePolicy Policy, int HistoryCapacity = IdleHistory.DefaultCapacity, Eviction Eviction = Eviction.None);
