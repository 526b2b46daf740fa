using System.Net.Sockets;

namespace Faas.LoadTests.Direct;

/// <summary>
/// A worker with a thread for each connection and blocking calls: the quickest to answer a single caller, and what the open-loop client is measured
/// against. Behind proxies <see cref="LoopServer"/> is cheaper.
/// </summary>
internal static class HelloServer
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"message\":\"Hello, world\"}"u8.ToArray();

    public static void Run(Arguments arguments)
    {
        using var unix = Listener.Unix(arguments);
        using var tcp = Listener.Tcp(arguments);
        new Thread(() => Accept(unix)) { IsBackground = true }.Start();
        Accept(tcp);
    }

    private static void Accept(Socket listener)
    {
        while (true)
        {
            var connection = listener.Accept();
            if (connection.AddressFamily == AddressFamily.InterNetwork)
            {
                connection.NoDelay = true;
            }

            new Thread(() => Serve(connection)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket connection)
    {
        using var _ = connection;
        var buffer = new byte[16 * 1024];
        var filled = 0;
        try
        {
            while (true)
            {
                var read = connection.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None);
                if (read == 0)
                {
                    return;
                }

                filled += read;
                int end;
                while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) >= 0)
                {
                    connection.Send(Answer);
                    buffer.AsSpan(end + 4, filled - end - 4).CopyTo(buffer);
                    filled -= end + 4;
                }
            }
        }
        catch (SocketException)
        {
            // The caller is gone.
        }
    }
}
