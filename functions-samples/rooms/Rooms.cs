using System.Collections.Concurrent;
using System.Net.WebSockets;

/// <summary>Who is in which room. A message goes to everybody in the room, its sender included.</summary>
internal sealed class Rooms
{
    private const int MessageBytesMax = 4096;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<WebSocket, SemaphoreSlim>> _rooms = new();

    public int Count(string room) => _rooms.TryGetValue(room, out var members) ? members.Count : 0;

    public async Task JoinAsync(string room, WebSocket socket, CancellationToken cancellationToken)
    {
        var members = _rooms.GetOrAdd(room, _ => new());
        members[socket] = new SemaphoreSlim(1);
        try
        {
            await RelayAsync(socket, members, cancellationToken);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // The member is gone; that is all there is to say about it.
        }
        finally
        {
            members.TryRemove(socket, out _);
        }
    }

    private static async Task RelayAsync(
        WebSocket socket, ConcurrentDictionary<WebSocket, SemaphoreSlim> members, CancellationToken cancellationToken)
    {
        var buffer = new byte[MessageBytesMax];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is { MessageType: not WebSocketMessageType.Close } received)
        {
            var message = buffer.AsMemory(0, received.Count);
            foreach (var (member, turn) in members)
            {
                await SendAsync(member, turn, message, received, cancellationToken);
            }
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }

    // A WebSocket takes one send at a time, hence the turn.
    private static async Task SendAsync(
        WebSocket member, SemaphoreSlim turn, ReadOnlyMemory<byte> message, WebSocketReceiveResult received, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (member.State == WebSocketState.Open)
            {
                await member.SendAsync(message, received.MessageType, received.EndOfMessage, cancellationToken);
            }
        }
        catch (WebSocketException)
        {
            // That member's own loop notices and removes it.
        }
        finally
        {
            turn.Release();
        }
    }
}
