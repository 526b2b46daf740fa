using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>A caller that writes its bytes itself.</summary>
internal sealed class RawCaller(NetworkStream stream) : IAsyncDisposable
{
    private readonly List<byte> _received = [];

    public static async Task<RawCaller> ConnectAsync(GatewayFixture gateway) => new(await gateway.ConnectAsync());

    public Socket Socket => stream.Socket;

    public async Task SendAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public Task GetAsync(string path = "/function/hello", string headers = "") => SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");

    /// <summary>The next answer: its head, and its body by its length. Chunks stay as they are.</summary>
    public async Task<(string Head, string Body)> ReadAsync(bool hasBody = true)
    {
        var head = await UntilAsync("\r\n\r\n");
        var lengthAt = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        if (!hasBody)
        {
            return (head, "");
        }

        return lengthAt < 0
            ? (head, head.Contains("chunked", StringComparison.Ordinal) ? await UntilAsync("0\r\n\r\n") : "")
            : (head, await TakeAsync(int.Parse(head.AsSpan(lengthAt + 16, head.IndexOf('\r', lengthAt) - lengthAt - 16), CultureInfo.InvariantCulture)));
    }

    /// <summary>Whether the gateway has closed the connection, once it says anything.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return _received.Count == 0 && await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience.Limit) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<string> UntilAsync(string end)
    {
        while (true)
        {
            var at = Encoding.Latin1.GetString([.. _received]).IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                return await TakeAsync(at + end.Length);
            }

            await ReceiveAsync();
        }
    }

    private async Task<string> TakeAsync(int count)
    {
        while (_received.Count < count)
        {
            await ReceiveAsync();
        }

        var text = Encoding.Latin1.GetString([.. _received[..count]]);
        _received.RemoveRange(0, count);
        return text;
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience.Limit);
        if (count == 0)
        {
            throw new EndOfStreamException($"The gateway closed the connection after: {Encoding.Latin1.GetString([.. _received])}");
        }

        _received.AddRange(buffer.AsSpan(0, count));
    }
}
