using System.Diagnostics;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tracing;
using Faas.Gateway.Usage;
using Faas.Link;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Invocation;

/// <summary>
/// One invocation from its head to its end. It owns its slot (given back once) and its usage record (written once, before the last byte of the
/// answer leaves). After the request is over, only <see cref="ReleaseSlot"/> may still be called, never <see cref="Caller"/> used.
/// </summary>
internal sealed class LiveInvocation(Caller caller, FunctionRoute route, InvocationCall call, IUsageSink usage, PriceList? prices, TimeProvider clock)
{
    private readonly Caller _first = caller;
    private readonly long _receivedUnixUs = (clock.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    private long _acquiredAt;
    private long _startedAt;
    private long _endedAt;
    private bool _wasAhead;
    private long _queuedUs;
    private long _coldUs;
    private long _bytesOut;
    private int _isRecorded;
    private int _status;
    private ushort _workerMicros;
    private uint _cpuMicros;
    private uint _peakKiB;
    private int _holdsSlot;
    private long _bytesIn;

    /// <summary>Its spans; null when it is not traced.</summary>
    public InvocationTrace? Trace { get; private set; }

    /// <summary>Who called.</summary>
    public Caller Caller { get; private set; } = caller;

    /// <summary>The request as ASP.NET sees it. Of one that came on the fast path only after <see cref="ToHttpAsync"/>.</summary>
    public HttpContext Http => ((HttpCaller)Caller).Http;

    /// <summary>The function's route as it was when the request came.</summary>
    public FunctionRoute Route { get; } = route;

    /// <summary>What the body is.</summary>
    public RequestKind Kind { get; } = call.Kind;

    /// <summary>Path that the function sees.</summary>
    public string Path { get; } = call.Path;

    /// <summary>Query that the function sees, without the question mark.</summary>
    public string Query { get; } = call.Query;

    /// <summary>The invocation's id, as the caller sees it.</summary>
    public string Id { get; } = call.Id;

    /// <summary>When the request's head had been read: ms since 1970.</summary>
    public long ReceivedUnixMs => _receivedUnixUs / 1000;

    /// <summary>The same moment as a timestamp.</summary>
    public long ReceivedAt { get; } = clock.GetTimestamp();

    /// <summary>Cancelled when the caller's connection closes.</summary>
    public CancellationToken CallerGone { get; } = caller.Gone;

    /// <summary>Bytes of the request's body if it goes to a worker as a whole, with its head; null when it is long, or of unknown length, or its answer will be.</summary>
    public int? SmallBody { get; } = route.Answers.AreLong ? null : caller.SmallBody;

    /// <summary>The instance that it runs on.</summary>
    public Instance? Instance { get; private set; }

    /// <summary>How it failed; set at most once.</summary>
    public InvocationError Error { get; private set; }

    /// <summary>What to tell the caller about <see cref="Error"/>.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>When the caller should try again, in seconds; 0 when there is no telling.</summary>
    public int RetryAfterSeconds { get; set; }

    /// <summary>The function's own account of its failure.</summary>
    public FailureMessage? Failure { get; private set; }

    /// <summary>Whether the usage record is written.</summary>
    public bool IsRecorded => Volatile.Read(ref _isRecorded) != 0;

    /// <summary>It got a slot: the function starts now.</summary>
    public void Start(Instance instance, bool hasWaited, bool isCold)
    {
        Debug.Assert(_holdsSlot == 0, "it holds a slot already");
        Instance = instance;
        _holdsSlot = 1;
        _acquiredAt = _startedAt = clock.GetTimestamp();
        _endedAt = 0;
        _wasAhead = false;
        if (hasWaited)
        {
            var waited = Micros(ReceivedAt, _startedAt);
            _queuedUs = isCold ? 0 : waited;
            _coldUs = isCold ? waited : 0;
        }
    }

    /// <summary>It was sent ahead of its turn: the function has not started after all.</summary>
    public void HoldBack()
    {
        _startedAt = 0;
        _wasAhead = true;
    }

    /// <summary>Its turn has come, at this timestamp. Returns when it really began: what ended before may have been noticed so late that this one came after it.</summary>
    public long StartHeldBack(long at)
    {
        _startedAt = Math.Max(at, _acquiredAt);
        _queuedUs += Micros(_acquiredAt, _startedAt);
        return _startedAt;
    }

    /// <summary>The function has ended, at this timestamp, and this is what its worker tells of it.</summary>
    public void EndRun(long at, in EndOfInvocation end)
    {
        _endedAt = at;
        _workerMicros = end.RunMicros;
        Measure(end);
    }

    /// <summary>Remembers what it used, as its worker tells. What comes after <see cref="Record"/> is not in the record.</summary>
    public void Measure(in EndOfInvocation end) => (_cpuMicros, _peakKiB) = (end.CpuMicros, end.PeakKiB);

    /// <summary>It has ended now, and this is what was measured of its instance meanwhile: CPU time in µs and the peak of memory in KiB.</summary>
    public void EndRun(uint cpuMicros, uint peakKiB)
    {
        StopRun();
        (_cpuMicros, _peakKiB) = (cpuMicros, peakKiB);
    }

    /// <summary>To be called once, before the slot is given back.</summary>
    public Action? BeforeRelease { get; set; }

    /// <summary>Gives the slot back. Further calls do nothing.</summary>
    public void ReleaseSlot()
    {
        if (Interlocked.Exchange(ref _holdsSlot, 0) == 1)
        {
            BeforeRelease?.Invoke();
            BeforeRelease = null;
            Instance!.Gate.Release(Instance, _startedAt == 0 ? null : RunUs / 1000.0, _wasAhead, _workerMicros == 0 ? null : _workerMicros / 1000.0);
        }
    }

    /// <summary>Gives back a slot in which the function has not run: neither the gate nor the record takes the time for a run.</summary>
    public void ReleaseUnused()
    {
        _startedAt = 0;
        ReleaseSlot();
    }

    /// <summary>Counts bytes of the request's body.</summary>
    public void AddBytesIn(long count) => Interlocked.Add(ref _bytesIn, count);

    /// <summary>Counts bytes of the answer's body.</summary>
    public void AddBytesOut(long count) => _bytesOut += count;

    /// <summary>Bytes of the answer's body so far.</summary>
    public long BytesOut => _bytesOut;

    /// <summary>Bytes of the request's body so far.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    /// <summary>Remembers the first failure.</summary>
    public void Fail(InvocationError error, string detail, FailureMessage? failure = null)
    {
        if (Error == InvocationError.None)
        {
            Error = error;
            Detail = detail;
            Failure = failure;
        }
    }

    /// <summary>It waited in vain: the time counts as queued.</summary>
    public void EndWaiting() => _queuedUs = Micros(ReceivedAt, clock.GetTimestamp());

    /// <summary>Writes the one usage record. Must be called before the last byte of the answer is handed to the server.</summary>
    public void Record(int status)
    {
        if (Interlocked.Exchange(ref _isRecorded, 1) == 1)
        {
            return;
        }

        _status = status;
        usage.Append(Entry(status, _bytesOut));
    }

    /// <summary>It is traced, under this <c>traceparent</c> and tracestate; null for none. To be called before it runs.</summary>
    public void BeginTrace(ActivityKind kind, string? traceParent, string? traceState)
    {
        Trace = InvocationTrace.Begin($"invoke {Route.Function}", kind, traceParent, traceState, _receivedUnixUs);
        Trace?.Tag("faas.trigger", kind == ActivityKind.Server && Kind == RequestKind.Http ? "http" : "other");
        Trace?.Tag("http.request.method", Caller.Method);
        Trace?.Tag("url.path", Path);
    }

    /// <summary>
    /// What it costs, once it has ended, with an answer of so many bytes; null when that is not known or not to be told. What is recorded after this must not differ.
    /// </summary>
    public InvocationCost? CostOf(long bytesOut) => prices is null || (_startedAt != 0 && _endedAt == 0)
        ? null
        : prices.CostOf(new BilledRun(_receivedUnixUs, RunUs, Error, Instance is not null, Route.MemoryMiB, _cpuMicros, bytesOut));

    /// <summary>It failed before its worker said that it ended: for who pays, it has run until now.</summary>
    public void StopRun() => _endedAt = _endedAt != 0 || _startedAt == 0 ? _endedAt : clock.GetTimestamp();

    /// <summary>Leaves the fast path: what comes now is more than a small answer.</summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    public async ValueTask ToHttpAsync() => Caller = await Caller.ToHttpAsync();

    /// <summary>The request is over.</summary>
    public void End()
    {
        Trace?.End(Entry(_status, _bytesOut), _startedAt == 0 ? 0 : _receivedUnixUs + Micros(ReceivedAt, _startedAt), Instance?.Activation ?? default);
        _first.End();
    }

    /// <summary>The value of Server-Timing as ASCII; the run time up to now is the time to the head.</summary>
    public int WriteTiming(Span<byte> text) => ServerTiming.Write(text, _queuedUs, _coldUs, RunUs);

    /// <summary>
    /// Puts X-Call-Id and Server-Timing on the answer; the run time up to now is the time to the head. Where the run is over and the answer's length is known, what it costs, too.
    /// </summary>
    public void MarkResponse(long? bytesOut = null)
    {
        var headers = Http.Response.Headers;
        if (bytesOut is { } bytes && CostOf(bytes) is { } cost)
        {
            headers[HeaderRules.Cost] = cost.Amount;
            headers[HeaderRules.BilledMs] = cost.Milliseconds;
        }

        headers[HeaderRules.CallId] = Id;
        headers.Append(HeaderRules.ServerTiming, ServerTiming.Format(_queuedUs, _coldUs, RunUs));
    }

    private UsageEntry Entry(int status, long bytesOut) => new()
    {
        InvocationId = Id,
        Function = Route.Function,
        Revision = Instance?.Gate.Revision ?? Route.Gate.Revision,
        Instance = Instance?.Id ?? "",
        ReceivedUnixUs = _receivedUnixUs,
        QueuedUs = _queuedUs,
        ColdUs = _coldUs,
        RunUs = RunUs,
        CpuUs = _cpuMicros,
        PeakKiB = _peakKiB,
        MemoryMiB = Route.MemoryMiB,
        BytesIn = BytesIn,
        BytesOut = bytesOut,
        Status = status,
        Outcome = Error,
    };

    private long RunUs => _startedAt == 0 ? 0 : Micros(_startedAt, _endedAt != 0 ? _endedAt : clock.GetTimestamp());

    private long Micros(long from, long to) => clock.GetElapsedTime(from, to).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>What a request asks for, apart from whom.</summary>
/// <param name="Kind">What the body is.</param>
/// <param name="Path">Path that the function sees.</param>
/// <param name="Query">Query that the function sees, without the question mark.</param>
/// <param name="Id">The invocation's id.</param>
internal readonly record struct InvocationCall(RequestKind Kind, string Path, string Query, string Id);
