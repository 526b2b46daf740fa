using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Faas.Runtime.DotNet.Http;

/// <summary>
/// Carries bytes unchanged between <c>http.sock</c> and the program's port, each direction by itself: a side that has finished sending is told to
/// the other and may still receive. So WebSockets, server-sent events and anything else pass.
/// </summary>
internal static class Relay
{
    /// <summary>Per direction and connection; loopback hands over about this much at once.</summary>
    private const int BufferBytes = 32 * 1024;

    /// <summary>Accepts callers on a thread of its own until the process ends.</summary>
    public static void Start(Socket callers, IPEndPoint program) => new Thread(() =>
    {
        while (true)
        {
            _ = CarryAsync(callers.Accept(), program, CancellationToken.None);   // Ends by itself, with either side; never throws.
        }
    })
    { IsBackground = true, Name = "faas relay" }.Start();

    private static async Task CarryAsync(Socket caller, IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var program = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (caller)
        {
            try
            {
                await program.ConnectAsync(endpoint, cancellationToken);
                var there = CopyAsync(caller, program, cancellationToken);
                var back = CopyAsync(program, caller, cancellationToken);
                var first = await Task.WhenAny(there, back);
                if (await first)
                {
                    await Task.WhenAll(there, back);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Closing both sides, below, is how the other one learns of it.
            }
        }
    }

    /// <summary>Copies to the end and tells the receiver. False when the connection broke, so that the other direction need not go on.</summary>
    private static async Task<bool> CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int received;
            while ((received = await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellationToken)) > 0)
            {
                var rest = buffer.AsMemory(0, received);
                while (!rest.IsEmpty)
                {
                    rest = rest[await to.SendAsync(rest, SocketFlags.None, cancellationToken)..];
                }
            }

            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
