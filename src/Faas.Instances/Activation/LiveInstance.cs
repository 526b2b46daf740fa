using Faas.Instances.Stems;

namespace Faas.Instances.Activation;

/// <summary>An instance of a revision: a sandbox that has become a function. Ends exactly once, by itself or because we stop it.</summary>
internal sealed class LiveInstance(InstanceHandle handle, LiveSandbox sandbox)
{
    private int _isEnding;

    public InstanceHandle Handle { get; } = handle;

    public LiveSandbox Sandbox { get; } = sandbox;

    /// <summary>True for exactly one caller, which then decides how the end is reported. From the first call on it is thawed: a frozen one could not end.</summary>
    public bool TryBeginEnd()
    {
        Sandbox.ThawForGood();
        return Interlocked.Exchange(ref _isEnding, 1) == 0;
    }
}
