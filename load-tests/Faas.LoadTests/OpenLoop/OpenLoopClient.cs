using System.Net;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Text;

namespace Faas.LoadTests.OpenLoop;

/// <summary>
/// Callers that do not wait for each other: each request leaves at the time that its schedule says, whatever became of those before it, and is
/// timed from then. A platform that stalls is charged for everybody who came meanwhile. One thread, one epoll, no allocation in steady state.
/// </summary>
internal sealed partial class OpenLoopClient : IDisposable
{
    /// <summary>More connections than that and the platform has lost: the rest are failures, not waited for.</summary>
    private const int ConnectionsMax = 8000;

    /// <summary>How long answers are waited for after the last request: beyond the platform's longest wait of 30 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    /// <summary>Idle connections that are older are not used: the server's end of its keep-alive time would cross with a request.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(60);

    private const int RoundRobin = 2;

    /// <summary>What a run may allocate before it pauses for the garbage collector, which would have to wait for this process's less urgent threads.</summary>
    private const long AllocationBytesMax = 200 << 20;

    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ReadinessQueue _ready = new();
    private readonly List<OpenLoopConnection> _connections = [];
    private readonly Stack<OpenLoopConnection> _idle = [];   // the last used first, as HTTP clients do
    private readonly IPEndPoint _target;
    private readonly IReadOnlyList<byte[]> _requests;
    private readonly Arrival[] _arrivals;
    private readonly Outcome[] _outcomes;
    private readonly Latencies _lag = new();
    private long _began;
    private int _open;
    private int _openMost;
    private int _underWay;

    /// <param name="target">Where to connect.</param>
    /// <param name="functions">The functions that <paramref name="arrivals"/> mean.</param>
    /// <param name="arrivals">The schedule, in any order.</param>
    public OpenLoopClient(IPEndPoint target, IReadOnlyList<string> functions, IEnumerable<Arrival> arrivals)
    {
        _target = target;
        _requests = [.. functions.Select(name => Encoding.ASCII.GetBytes($"GET /function/{name} HTTP/1.1\r\nHost: localhost\r\n\r\n"))];
        _arrivals = [.. arrivals.OrderBy(arrival => arrival.At)];
        _outcomes = new Outcome[_arrivals.Length];
    }

    /// <summary>Sees each 2xx answer's body, on the client's own thread: must be quick.</summary>
    public Action<ReadOnlySpan<byte>>? Observer { get; init; }

    /// <summary>Runs the schedule on a thread of its own.</summary>
    public Task<OpenLoopResult> RunAsync(CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => Run(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        _connections.ForEach(connection => connection.Dispose());
        _ready.Dispose();
    }

    private OpenLoopResult Run(CancellationToken cancellationToken)
    {
        // Real callers have processors of their own; niceness would count only within this session. Only root may: without it, `Lag` shows what is missing.
        // 0: this thread, which ends with the run.
        _ = SetScheduler(0, RoundRobin, priority: 1);
        GC.TryStartNoGCRegion(AllocationBytesMax);
        Span<int> tokens = stackalloc int[256];
        var next = 0;
        _began = _time.GetTimestamp();
        while (next < _arrivals.Length || _underWay > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (; next < _arrivals.Length && _arrivals[next].At <= Elapsed; next++)
            {
                Send(next);
            }

            var patience = next < _arrivals.Length ? _arrivals[next].At - Elapsed : _arrivals[^1].At + Patience - Elapsed;
            if (next == _arrivals.Length && patience <= TimeSpan.Zero)
            {
                break;
            }

            patience = patience < TimeSpan.Zero ? TimeSpan.Zero : patience > LookAround ? LookAround : patience;
            foreach (var token in tokens[.._ready.Wait(patience, tokens)])
            {
                Proceed(_connections[token]);
            }
        }

        foreach (var connection in _connections.Where(connection => connection.Arrival != OpenLoopConnection.Idle))
        {
            Record(connection.Arrival, "no answer");
        }

        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();   // it ends by itself when the run has allocated more
        }

        return new OpenLoopResult(_arrivals, _outcomes, _lag, _openMost);
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(_began);

    private void Send(int arrival)
    {
        _lag.Add((Elapsed - _arrivals[arrival].At).TotalMilliseconds);
        if (Take() is not { } connection)
        {
            Record(arrival, $"more than {ConnectionsMax} connections");
            return;
        }

        _underWay++;
        if (!connection.Send(arrival, _requests[_arrivals[arrival].Request]))
        {
            Break(connection);
        }
    }

    private OpenLoopConnection? Take()
    {
        while (_idle.TryPop(out var idle))
        {
            if (!idle.IsClosed && Elapsed - idle.UsedAt < IdleMax)
            {
                return idle;
            }

            Close(idle);
        }

        if (_open >= ConnectionsMax)
        {
            return null;
        }

        var connection = new OpenLoopConnection(_ready, _connections.Count);
        _connections.Add(connection);
        _openMost = Math.Max(_openMost, ++_open);
        connection.Connect(_target);
        return connection;
    }

    private void Proceed(OpenLoopConnection connection)
    {
        if (connection.IsClosed)
        {
            return;   // it was named before it was closed in this round
        }

        var arrival = connection.Arrival;
        switch (connection.Proceed(arrival == OpenLoopConnection.Idle ? null : _requests[_arrivals[arrival].Request]))
        {
            case Reading.Complete:
                Complete(connection, arrival);
                break;
            case Reading.Broken:
                Break(connection);
                break;
        }
    }

    private void Complete(OpenLoopConnection connection, int arrival)
    {
        var isSuccess = connection.Answer.Status is >= 200 and < 300;
        Record(arrival, isSuccess ? null : connection.Answer.Failure());
        if (isSuccess)
        {
            Observer?.Invoke(connection.Answer.Body);
        }

        _underWay--;
        connection.Finish(Elapsed);
        if (connection.Answer.IsLast)
        {
            Close(connection);
            return;
        }

        _idle.Push(connection);
    }

    private void Break(OpenLoopConnection connection)
    {
        if (connection.Arrival != OpenLoopConnection.Idle)
        {
            Record(connection.Arrival, "connection closed");
            connection.Finish(Elapsed);
            _underWay--;
        }

        Close(connection);
    }

    private void Close(OpenLoopConnection connection)
    {
        if (!connection.IsClosed)
        {
            _open--;
            connection.Dispose();
        }
    }

    private void Record(int arrival, string? failure) =>
        _outcomes[arrival] = new Outcome((Elapsed - _arrivals[arrival].At).TotalMilliseconds, failure);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority);
}
