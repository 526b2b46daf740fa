using Faas.Link;

namespace Faas.Gateway.Usage;

/// <summary>The half of the usage journal that the link moves: it sends while there is a connection, and forgets what is acknowledged.</summary>
internal interface IUsageUplink
{
    /// <summary>A connection begins: what is not acknowledged is sent again.</summary>
    void Restart();

    /// <summary>The connection ended.</summary>
    void Pause();

    /// <summary>The controller has stored everything up to here.</summary>
    void Acknowledge(UsageAck ack);
}
