using System.Text;
using System.Text.Json;
using Functions;

namespace Faas.LoadTests.Direct;

/// <summary>What the <see cref="LoopServer"/> answers: the same bytes as the functions of load-tests/functions.</summary>
internal static class Answers
{
    /// <summary>A stream is so many chunks of a kilobyte, each sent by itself.</summary>
    public const int ChunkCount = 16;

    private const int ChunkBytes = 1024;
    private static readonly byte[] ChunkFrame = [.. "400\r\n"u8, .. Enumerable.Repeat((byte)'x', ChunkBytes), .. "\r\n"u8];

    public static ArraySegment<byte> Hello { get; } = WithHead("application/json", """{"message":"Hello, world"}"""u8);

    public static ArraySegment<byte> FirstChunk { get; } =
        (byte[])[.. "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. ChunkFrame];

    public static ArraySegment<byte> Chunk { get; } = ChunkFrame;

    public static ArraySegment<byte> LastChunk { get; } = "0\r\n\r\n"u8.ToArray();

    /// <summary>What the function in Json.cs makes of the order.</summary>
    public static ArraySegment<byte> Json(ReadOnlySpan<byte> order) =>
        WithHead("application/json", JsonSerializer.SerializeToUtf8Bytes(Orders.Handle(JsonSerializer.Deserialize<Order>(order, JsonSerializerOptions.Web)!), JsonSerializerOptions.Web));

    public static string Head(string contentType, int length) => $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\nContent-Length: {length}\r\n\r\n";

    private static byte[] WithHead(string contentType, ReadOnlySpan<byte> body) => [.. Encoding.ASCII.GetBytes(Head(contentType, body.Length)), .. body];
}
