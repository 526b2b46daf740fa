using System.Net.Sockets;
using System.Security.Cryptography;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>One accepted connection, from its Hello to its end.</summary>
internal static class Connection
{
    private const byte Version = 1;

    public static void Run(Worker worker, Socket socket)
    {
        using (socket)
        {
            try
            {
                Speak(worker, socket);
            }
            catch (Exception exception) when (exception is WorkerProtocolException or PeerGoneException)
            {
                // Closing the connection is the answer to both.
            }
        }
    }

    private static void Speak(Worker worker, Socket socket)
    {
        var frames = new FrameReader(socket);
        if (!frames.TryRead(out var header, out var payload) || header.Type != FrameType.Hello)
        {
            return;
        }

        var hello = new PayloadReader(payload.Span);
        var version = hello.U8();
        var role = (ConnectionRole)hello.U8();
        var token = hello.TextBytes();
        if (version != Version)
        {
            return;
        }

        if (role == ConnectionRole.Shared)
        {
            new SharedConnection(worker, socket, frames).Run();
        }
        else if (role == ConnectionRole.Data)
        {
            using var data = new InvocationConnection(worker, socket, frames);
            data.Run();
        }
        else if (role == ConnectionRole.Control && CryptographicOperations.FixedTimeEquals(token, worker.Environment.Token))
        {
            new ControlConnection(worker, socket, frames).Run();
        }
    }
}
