using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.Gateway.Polling;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// Connections to one instance of a handler function: a shared one for small invocations, and data connections, one invocation at a time on each and most recently used first, for
/// what is long.
/// </summary>
internal sealed class WorkerTransport(Instance instance, IHttpForwarder forwarder, EventLoop loop, TimeProvider clock) : IInstanceTransport
{
    private readonly Lock _lock = new();
    private readonly Stack<WorkerConnection> _idle = new();
    private volatile SharedConnection? _shared;
    private Task<SharedConnection?>? _opening;
    private bool _isClosed;
    private uint _nextStream;

    /// <summary>The instance.</summary>
    public Instance Instance => instance;

    /// <summary>Tells time.</summary>
    public TimeProvider Clock => clock;

    /// <inheritdoc/>
    public ValueTask<Forwarded> ForwardAsync(LiveInvocation invocation) =>
        invocation.SmallBody is { } length ? new SmallInvocation(this, invocation, length).ForwardAsync() : ForwardLongAsync(invocation);

    /// <summary>The next invocation's number.</summary>
    public uint NextStream() => Interlocked.Increment(ref _nextStream);

    /// <summary>The shared connection, opened when there is none; null when the instance cannot be reached.</summary>
    public ValueTask<SharedConnection?> SharedAsync()
    {
        if (_shared is { IsUsable: true } shared)
        {
            return new(shared);
        }

        lock (_lock)
        {
            // Again, because it may have been opened between the two.
            return _shared is { IsUsable: true } opened ? new(opened) : new(_opening ??= OpenAsync());
        }
    }

    /// <summary>The answer of an invocation that was sent over the shared connection turned out to be long: takes it over a connection of its own and sees it through.</summary>
    public async ValueTask TakeMovedAsync(LiveInvocation invocation, uint stream, TimeSpan left)
    {
        if (await ConnectAsync() is not { } connection)
        {
            var end = await InstanceLoss.ReasonAsync(instance, clock);
            invocation.Fail(end.Error, end.Detail);
            invocation.ReleaseSlot();
            instance.Gate.Condemn(instance, "it moved an answer and could not be reached on its socket");
            return;
        }

        await ForwardAsync(connection, invocation, stream, left);
    }

    /// <summary>
    /// Keeps a connection for the next invocation, if more than are kept could be needed: each costs the worker a thread, and moved answers open new ones.
    /// </summary>
    public void Return(WorkerConnection connection)
    {
        connection.Handler.Current = null;
        connection.Shrink();
        lock (_lock)
        {
            if (!_isClosed && _idle.Count < instance.Slots)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Sees an invocation to its end without its caller, then gives back the connection and the slot.</summary>
    public async Task FinishAsync(ExchangeTail tail, WorkerConnection connection, LiveInvocation invocation)
    {
        if (await tail.FinishAsync(clock))
        {
            Return(connection);
        }
        else
        {
            connection.Dispose();
        }

        invocation.ReleaseSlot();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<WorkerConnection> idle;
        lock (_lock)
        {
            _isClosed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        _shared?.Dispose();
        foreach (var connection in idle)
        {
            connection.Dispose();
        }
    }

    private async ValueTask<Forwarded> ForwardLongAsync(LiveInvocation invocation)
    {
        var connection = TakeIdle() ?? await ConnectAsync();
        if (connection is null)
        {
            return Forwarded.Unreachable;
        }

        await ForwardAsync(connection, invocation, null, invocation.Route.Timeout);
        return Forwarded.Done;
    }

    private async ValueTask ForwardAsync(WorkerConnection connection, LiveInvocation invocation, uint? moved, TimeSpan left)
    {
        var exchange = new WorkerExchange(this, connection, invocation, clock);
        var http = invocation.Http;
        try
        {
            var running = connection.Watch.Start(left, invocation.CallerGone);
            if (moved is { } stream)
            {
                await exchange.TakeAsync(stream, running);
            }
            else
            {
                connection.Stream = NextStream();
                await exchange.BeginAsync(running);
                Note(exchange, invocation);
            }

            await AnswerAsync(connection, exchange, http, running);
        }
        catch (Exception exception) when (exception is ExchangeFailedException or OperationCanceledException or IOException)
        {
            // The exchange has said why if it was the instance. Else it was the way to the caller.
            invocation.Fail(InvocationError.CallerGone, "");
            if (http.Response.HasStarted)
            {
                http.Abort();
            }
        }

        await exchange.DisposeAsync();
    }

    /// <summary>
    /// YARP's forwarder costs about as much as all the rest of a warm invocation, so it gets what needs it: answers that are long, or come as they are made.
    /// </summary>
    private async ValueTask AnswerAsync(WorkerConnection connection, WorkerExchange exchange, HttpContext http, CancellationToken running)
    {
        if (exchange.IsBounded)
        {
            await exchange.CopyAsync(running);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status200OK;   // YARP takes a response with any other status for one that is answered already, and refuses it.
        connection.Handler.Current = exchange;
        var error = await forwarder.SendAsync(http, WorkerTransformer.Destination, connection.Invoker, WorkerTransformer.Config, WorkerTransformer.Instance, running);
        if (error != ForwarderError.None)
        {
            throw new ExchangeFailedException(http.GetForwarderErrorFeature()?.Exception);
        }
    }

    private static void Note(WorkerExchange exchange, LiveInvocation invocation)
    {
        if (exchange.IsSmall)
        {
            invocation.Route.Answers.NoteSmall();
        }
        else
        {
            invocation.Route.Answers.NoteLong();
        }
    }

    private WorkerConnection? TakeIdle()
    {
        while (true)
        {
            WorkerConnection? connection;
            lock (_lock)
            {
                if (!_idle.TryPop(out connection))
                {
                    return null;
                }
            }

            if (connection.IsUsable)
            {
                return connection;
            }

            connection.Dispose();
        }
    }

    private async ValueTask<WorkerConnection?> ConnectAsync()
    {
        var watch = new RunWatch(clock, instance.Gone);
        try
        {
            return await WorkerConnection.ConnectAsync(instance.Endpoint.Socket, watch);
        }
        catch (SocketException)
        {
            watch.Dispose();
            return null;
        }
    }

    private async Task<SharedConnection?> OpenAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);   // Not with the lock held.
        SharedConnection? opened = null;
        try
        {
            opened = await SharedConnection.ConnectAsync(instance, loop, clock);
        }
        catch (SocketException)
        {
            // Nobody listens: the instance is dead or about to be.
        }

        var isClosed = false;
        lock (_lock)
        {
            _opening = null;
            _shared = opened;
            isClosed = _isClosed;
        }

        if (isClosed)
        {
            opened?.Dispose();
        }

        return opened;
    }
}
