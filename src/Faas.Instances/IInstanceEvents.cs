using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Instances;

/// <summary>What happens to instances by itself. Called from background tasks, one call at a time for each instance; must return soon and not throw.</summary>
public interface IInstanceEvents
{
    /// <summary>An instance ended that nobody stopped. Called exactly once for it, before its remains are removed.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="outcome"><see cref="InvocationError.Crashed"/> or <see cref="InvocationError.OutOfMemory"/>.</param>
    /// <param name="detail">A sentence for users.</param>
    void Exited(string instanceId, string revision, InvocationError outcome, string detail);

    /// <summary>A function wrote a line.</summary>
    void Log(string functionName, LogLine line);

    /// <summary>The number of ready stems changed.</summary>
    void StemsChanged();
}
