using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>Takes spans over OTLP as a collector does (HTTP, protobuf), and keeps them.</summary>
internal sealed class SpanReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<ReceivedSpan> _spans = [];
    private readonly Task _serving;

    public SpanReceiver()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Address { get; }

    /// <summary>All spans so far.</summary>
    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    /// <summary>The spans of one trace, once that one of them is there which ends last: they come in the order in which they ended.</summary>
    public async Task<IReadOnlyList<ReceivedSpan>> OfTraceAsync(string traceId, string last)
    {
        await Eventually.HoldsAsync($"span '{last}' of {traceId}", () => Spans.Any(span => span.TraceId == traceId && span.Name == last));
        return [.. Spans.Where(span => span.TraceId == traceId)];
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                foreach (var span in Fields(body.ToArray(), 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
                {
                    _spans.Enqueue(SpanOf(span));
                }

                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>opentelemetry/proto/trace/v1/trace.proto, message Span.</summary>
    private static ReceivedSpan SpanOf(byte[] span) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Encoding.UTF8.GetString(Fields(span, 5).Single()), (int)Number(Fields(span, 6).Single()),
        Number(Fields(span, 7).Single()), Number(Fields(span, 8).Single()),
        Fields(span, 9).ToDictionary(pair => Encoding.UTF8.GetString(Fields(pair, 1).Single()), pair => Value(Fields(pair, 2).Single())));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).SingleOrDefault() ?? []);

    private static string Value(byte[] any) => Fields(any, 1).Select(Encoding.UTF8.GetString).Concat(Fields(any, 2).Concat(Fields(any, 3)).Select(number => $"{Number(number)}")).FirstOrDefault() ?? "";

    private static long Number(byte[] bytes) => BinaryPrimitives.ReadInt64LittleEndian([.. bytes, .. new byte[8 - bytes.Length]]);

    /// <summary>The values of one field: bytes as they are, numbers as eight bytes.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int wanted)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            byte[] value = (tag & 7) switch
            {
                0 => BitConverter.GetBytes(Varint(message, ref at)),
                1 => message[at..(at += 8)],
                2 => message[(at = Start(message, at, out var length))..(at += length)],
                5 => message[at..(at += 4)],
                var kind => throw new InvalidDataException($"wire type {kind}"),
            };
            if ((int)(tag >> 3) == wanted)
            {
                yield return value;
            }
        }
    }

    private static int Start(byte[] message, int at, out int length)
    {
        length = (int)Varint(message, ref at);
        return at;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}

/// <summary>One span. Ids are lower-case hex, times ns since 1970.</summary>
internal sealed record ReceivedSpan(string TraceId, string Id, string ParentId, string Name, int Kind, long Start, long End, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>Kinds as OTLP numbers them.</summary>
    public const int Server = 2, Producer = 4, Consumer = 5;

    public double Milliseconds => (End - Start) / 1e6;
}
