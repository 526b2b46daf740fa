using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Faas.Runtime.DotNet.Connections;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>
/// Runs the throwaway function through everything that a real one will go through, sockets included: what is slow at a first call is the first
/// function, not the first request (45 ms become 5).
/// </summary>
internal static class Rehearsal
{
    private const string Body = """{"id":7,"customer":"someone","lines":[{"article":"pen","count":2,"price":1.25},{"article":"ink","count":1,"price":"3.5"}],"paid":"2026-11-22T10:00:00Z"}""";

    /// <summary>Each kind of handler, each twice: a second call takes ways of its own (reflection compiles then, for example).</summary>
    private static readonly string[] Handlers = ["Json", "Http", "Text", "AsyncJson", "Items"];

    private static readonly string CodeDirectory = Path.Combine(AppContext.BaseDirectory, "warmup");

    /// <summary>Needs <paramref name="listener"/> to itself: nobody knows this worker yet.</summary>
    public static void Run(WorkerEnvironment environment, Socket listener)
    {
        foreach (var handler in Handlers)
        {
            Run(new Worker(environment with { CodeDirectory = CodeDirectory }, new LogBuffer(TimeProvider.System), callers: null, isRehearsal: true), listener, handler);
        }

        // What the serializer does now and then with its cache of accessors (it is private, but instantiations over references share code).
        foreach (var _ in new ConcurrentDictionary<(string, Type, System.Reflection.MemberInfo), object> { [("", typeof(object), typeof(object))] = "" })
        {
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);   // A stem waits long, and in numbers.
    }

    private static void Run(Worker worker, Socket listener, string handler)
    {
        using var control = Connect(worker, listener, ConnectionRole.Control);
        using var writer = new PayloadWriter();
        writer.BeginFrame();
        writer.Raw(JsonSerializer.SerializeToUtf8Bytes(Spec(handler), WorkerJson.Default.SpecializeMessage));
        writer.EndFrame(FrameType.Specialize, 0);
        control.Send(writer.Written.Span);
        Expect(control, FrameType.Specialized, "\"ok\":true");

        using var shared = Connect(worker, listener, ConnectionRole.Shared);
        using var data = Connect(worker, listener, ConnectionRole.Data);
        uint stream = 0;
        foreach (var connection in (Socket[])[shared, shared, data])
        {
            Request(writer, ++stream, RequestKind.Http);
            connection.Send(writer.Written.Span);
            if (Expect(connection, FrameType.End, "\0") == FrameType.Move)
            {
                Take(worker, listener, writer, stream);
            }
        }

        Request(writer, ++stream, RequestKind.Event);
        shared.Send(writer.Written.Span);
        Expect(shared, FrameType.End, "\0");
        worker.Control.Flush();
    }

    /// <summary>Takes a long answer over a connection of its own.</summary>
    private static void Take(Worker worker, Socket listener, PayloadWriter writer, uint stream)
    {
        using var own = Connect(worker, listener, ConnectionRole.Data);
        writer.Clear();
        writer.BeginFrame();
        writer.EndFrame(FrameType.Take, stream);
        own.Send(writer.Written.Span);
        Expect(own, FrameType.End, "\0");
    }

    private static SpecializeMessage Spec(string handler) => new()
    {
        Function = "rehearsal",
        Revision = "0",
        Instance = "0",
        Kind = "handler",
        Handler = $"Faas.Runtime.DotNet.Warmup.ThrowawayFunction.{handler}",
        MemoryMiB = 256,
        TimeoutMs = 30_000,
        Concurrency = 1,
    };

    private static Socket Connect(Worker worker, Socket listener, ConnectionRole role)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(worker.Environment.WorkerSocketPath));
        worker.Accept(listener);
        using var writer = new PayloadWriter();
        writer.BeginFrame();
        writer.U8(1);
        writer.U8((byte)role);
        writer.Text(role == ConnectionRole.Control ? System.Text.Encoding.UTF8.GetString(worker.Environment.Token) : "");
        writer.EndFrame(FrameType.Hello, 0);
        socket.Send(writer.Written.Span);
        return socket;
    }

    private static void Request(PayloadWriter writer, uint stream, RequestKind kind)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(Body);
        writer.Clear();
        writer.BeginFrame();
        new RequestHead
        {
            Kind = kind,
            IsHttps = false,
            TimeoutMs = 30_000,
            ContentLength = body.Length,
            ReceivedUnixMs = 0,
            InvocationId = "rehearsal",
            Method = "POST",
            Path = "/a%20b",
            Query = "name=x%20y&name=z",
            RemoteAddress = "127.0.0.1",
        }.Write(writer);
        writer.U16(3);
        foreach (var (name, value) in ((string, string)[])[("content-type", "application/json"), ("user-agent", "rehearsal"), ("cookie", "a=1; b=2")])
        {
            writer.Text(name);
            writer.Text(value);
        }

        writer.EndFrame(FrameType.Request, stream);
        writer.BeginFrame();
        writer.Raw(body);
        writer.EndFrame(FrameType.RequestBody, stream, FrameMarks.EndOfBody);
    }

    /// <summary>Reads up to a frame of this type, whose payload must begin as it should, or to a Move: a stem whose rehearsal fails must not become ready.</summary>
    private static FrameType Expect(Socket socket, FrameType wanted, string content)
    {
        var frames = new FrameReader(socket);
        while (frames.TryRead(out var header, out var payload))
        {
            var text = System.Text.Encoding.UTF8.GetString(payload.Span);
            if (header.Type == FrameType.Failure || (header.Type == wanted && !text.Contains(content, StringComparison.Ordinal)))
            {
                throw new InvalidOperationException($"the rehearsal failed: {header.Type} {text}");
            }

            if (header.Type == wanted || header.Type == FrameType.Move)
            {
                return header.Type;
            }
        }

        throw new InvalidOperationException("the rehearsal failed: the connection was closed");
    }
}
