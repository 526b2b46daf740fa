using System.Threading.Channels;
using Faas.Link;

namespace Faas.Controller.Link;

/// <summary>
/// Messages on their way to the connected gateway. While none is connected messages are dropped: a gateway gets the complete picture
/// when it connects. Never blocks; all members are called with the fleet's lock held, which is what keeps messages in order.
/// </summary>
internal sealed class GatewayOutbox
{
    /// <summary>Messages that may wait. A gateway this far behind is disconnected, and starts over with a complete picture.</summary>
    private const int Capacity = 65_536;

    private Channel<ControllerMessage>? _channel;

    public bool IsConnected => _channel is not null;

    /// <summary>Begins a session, ending an earlier one. The caller then posts the complete picture.</summary>
    public Channel<ControllerMessage> Open()
    {
        _channel?.Writer.TryComplete();
        _channel = Channel.CreateBounded<ControllerMessage>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        return _channel;
    }

    /// <summary>Ends the session of <paramref name="channel"/> if it is still the current one.</summary>
    public void Close(Channel<ControllerMessage> channel)
    {
        channel.Writer.TryComplete();
        if (_channel == channel)
        {
            _channel = null;
        }
    }

    public void Post(ControllerMessage message)
    {
        if (_channel is { } channel && !channel.Writer.TryWrite(message))
        {
            Close(channel);
        }
    }
}
