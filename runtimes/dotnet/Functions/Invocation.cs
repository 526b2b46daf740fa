using System.Runtime.InteropServices;
using Faas.Functions;
using Faas.Runtime.DotNet.Connections;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>One invocation as its handler's parameters see it.</summary>
internal sealed class Invocation
{
    private readonly ConnectionWatch _watch;
    private readonly List<KeyValuePair<string, string>> _headers;
    private CancellationTokenSource? _cancellation;
    private volatile bool _isCancelled;
    private volatile bool _hasPump;

    public Invocation(HandlerFunction function, RequestHead head, List<KeyValuePair<string, string>> headers, uint stream, ConnectionWatch watch)
    {
        Function = function;
        Head = head;
        Stream = stream;
        _headers = headers;
        _watch = watch;
    }

    public HandlerFunction Function { get; }

    public RequestHead Head { get; }

    /// <summary>Its <c>traceparent</c> when it is traced; else null.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Its number on the wire.</summary>
    public uint Stream { get; }

    /// <summary>When its handler was called, or its body began to be read: a timestamp of the watch's clock.</summary>
    public long StartedAt { get; private set; }

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(Head.TimeoutMs);

    /// <summary>The whole body, unless it is streamed.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>The body when it is streamed.</summary>
    public Stream? BodyStream { get; set; }

    /// <summary>Whether a thread reads the socket for <see cref="BodyStream"/> right now.</summary>
    public bool HasPump
    {
        get => _hasPump;
        set => _hasPump = value;
    }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>Whether somebody would hear a cancellation, and it has not come yet.</summary>
    public bool IsCancellable => Volatile.Read(ref _cancellation) is not null && !_isCancelled;

    /// <summary>Cancelled by Cancel frames and closed connections. Made when first asked for: most handlers never ask.</summary>
    public CancellationToken Token
    {
        get
        {
            if (_cancellation is null)
            {
                Interlocked.CompareExchange(ref _cancellation, new CancellationTokenSource(), null);
                _watch.Arm();
                if (_isCancelled)
                {
                    _cancellation.Cancel();
                }
            }

            return _cancellation.Token;
        }
    }

    /// <summary>The whole body as an array: the one that it was read into where it fills that, else a copy. It belongs to whoever asks, who is the only one.</summary>
    public byte[] BodyArray() =>
        MemoryMarshal.TryGetArray(Body, out var array) && array.Array is { } whole && array.Count == whole.Length ? whole : Body.ToArray();

    /// <summary>Its time begins.</summary>
    public void Start() => StartedAt = _watch.Time.GetTimestamp();

    /// <summary>Asks the handler to stop. What it registered runs on the thread pool, so it cannot hold up whoever found out.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        Interlocked.MemoryBarrier();   // The flag before the look, as Token publishes the source before it looks at the flag.
        if (Volatile.Read(ref _cancellation) is { } cancellation)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static source => CancelQuietly(source), cancellation, preferLocal: false);
        }
    }

    private static void CancelQuietly(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException exception)
        {
            // A callback that the function registered threw; that must not end the process, and its invocation is over anyway.
            Console.Error.WriteLine($"a cancellation callback failed: {exception.Flatten().InnerException}");
        }
    }

    /// <summary>What this invocation's <see cref="FunctionContext"/> is.</summary>
    public FunctionContext Context()
    {
        var spec = Function.Spec;
        return new FunctionContext(_watch.Time)
        {
            InvocationId = Head.InvocationId,
            FunctionName = spec.Function,
            Revision = spec.Revision,
            InstanceId = spec.Instance,
            MemoryMiB = spec.MemoryMiB,
            Deadline = _watch.Time.GetUtcNow() + Timeout,
            CancellationToken = Token,
        };
    }

    /// <summary>The request. A raw event is one when it is a function-URL event, and otherwise a POST of its JSON.</summary>
    public HttpEvent Http() => Head.Kind == RequestKind.Event ? EventAsHttp() : new HttpEvent
    {
        Method = Head.Method,
        Path = Head.Path,
        RawQuery = Head.Query,
        Headers = new HttpValues(_headers),
        Body = Body,
        RemoteAddress = Head.RemoteAddress,
        InvocationId = Head.InvocationId,
    };

    private HttpEvent EventAsHttp() => FunctionUrlEvent.FromEvent(Body) ?? new HttpEvent
    {
        Method = "POST",
        Headers = new HttpValues([new("content-type", "application/json")]),
        Body = Body,
        RemoteAddress = Head.RemoteAddress,
        InvocationId = Head.InvocationId,
    };
}
