using Faas.Contracts.Api;
using Faas.Controller.Logs;
using Faas.Gateway.Usage;
using Faas.Link;

namespace Faas.Simulation.Ends;

/// <summary>Logs and usage go nowhere: they have tests of their own.</summary>
internal sealed class SilentEnds : IFunctionOutput, IUsageUplink
{
    public void Append(string function, LogLine line)
    {
    }

    public void Platform(string function, string instance, LineLevel level, string text)
    {
    }

    public void Restart()
    {
    }

    public void Pause()
    {
    }

    public void Acknowledge(UsageAck ack)
    {
    }
}
