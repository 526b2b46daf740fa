using System.Net.Sockets;
using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Instances.Tests;

/// <summary>What a gateway does: one invocation over an instance's socket.</summary>
internal static class WorkerCall
{
    /// <summary>Invokes with a JSON event and returns the answer's body, or the failure's JSON. Fails when the connection ends first.</summary>
    public static async Task<string> InvokeAsync(InstanceHandle instance, string body = "{}")
    {
        using var socket = await ConnectAsync(instance);
        using var writer = new PayloadWriter();
        WriteRequest(writer, body);
        await socket.SendAsync(writer.Written, TestContext.Current.CancellationToken);
        var answer = new StringBuilder();
        while (true)
        {
            var (header, payload) = await ReadAsync(socket);
            switch (header.Type)
            {
                case FrameType.ResponseBody or FrameType.Failure:
                    answer.Append(Encoding.UTF8.GetString(payload));
                    break;
                case FrameType.End:
                    return answer.ToString();
            }
        }
    }

    private static async Task<Socket> ConnectAsync(InstanceHandle instance)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(instance.Socket!), TestContext.Current.CancellationToken);
        return socket;
    }

    private static void WriteRequest(PayloadWriter writer, string body)
    {
        writer.BeginFrame();
        writer.U8(1);
        writer.U8((byte)ConnectionRole.Data);
        writer.Text("");
        writer.EndFrame(FrameType.Hello, 0);
        writer.BeginFrame();
        new RequestHead
        {
            Kind = RequestKind.Event, IsHttps = false, TimeoutMs = 60_000, ContentLength = body.Length, ReceivedUnixMs = 0,
            InvocationId = "inv-1", Method = "POST", Path = "/", Query = "", RemoteAddress = "127.0.0.1",
        }.Write(writer);
        writer.U16(1);
        writer.Text("content-type");
        writer.Text("application/json");
        writer.EndFrame(FrameType.Request, 1);
        writer.BeginFrame();
        writer.Raw(Encoding.UTF8.GetBytes(body));
        writer.EndFrame(FrameType.RequestBody, 1, FrameMarks.EndOfBody);
    }

    private static async Task<(FrameHeader Header, byte[] Payload)> ReadAsync(Socket socket)
    {
        var head = await ReadAsync(socket, FrameHeader.Length);
        FrameHeader.TryRead(head, out var header);
        return (header, await ReadAsync(socket, header.PayloadLength));
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(done), TestContext.Current.CancellationToken).AsTask().WaitAsync(TestHost.Patience);
            if (count == 0)
            {
                throw new IOException("the instance closed the connection");
            }

            done += count;
        }

        return bytes;
    }
}
