using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;

namespace Faas.Gateway.Forwarding;

/// <summary>Finds out why an instance broke off: the connection ends at once, the controller's word about it (killed for memory, exit code) comes a little later.</summary>
internal static class InstanceLoss
{
    /// <summary>How long the caller waits for the reason. Long enough for the controller to reap the process and read its cgroup.</summary>
    private static readonly TimeSpan ReasonWithin = TimeSpan.FromSeconds(2);

    /// <summary>The controller's reason, or that the instance ended.</summary>
    public static async ValueTask<InstanceEnd> ReasonAsync(Instance instance, TimeProvider clock)
    {
        try
        {
            return await instance.Ended.WaitAsync(ReasonWithin, clock);
        }
        catch (TimeoutException)
        {
            return new InstanceEnd(InvocationError.Crashed, "the instance ended");
        }
    }
}
