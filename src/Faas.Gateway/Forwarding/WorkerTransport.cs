using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>Data connections to one instance of a handler function: as many as it has slots, one invocation at a time on each, most recently used first.</summary>
internal sealed class WorkerTransport(Instance instance, IHttpForwarder forwarder, TimeProvider clock) : IInstanceTransport
{
    private readonly Lock _lock = new();
    private readonly Stack<WorkerConnection> _idle = new();
    private bool _isClosed;
    private uint _nextStream;

    /// <inheritdoc/>
    public async ValueTask<bool> ForwardAsync(LiveInvocation invocation)
    {
        var connection = TakeIdle();
        if (connection is null)
        {
            connection = await ConnectAsync();
            if (connection is null)
            {
                return false;
            }
        }

        connection.Stream = Interlocked.Increment(ref _nextStream);
        var exchange = new WorkerExchange(this, connection, invocation, clock);
        try
        {
            await ForwardAsync(connection, exchange, invocation.Http, connection.Watch.Start(invocation.Route.Timeout, invocation.Http.RequestAborted));
        }
        catch (Exception exception) when (exception is ExchangeFailedException or OperationCanceledException or IOException)
        {
            // The exchange has said why if it was the instance. Else it was the way to the caller.
            invocation.Fail(InvocationError.CallerGone, "");
            if (invocation.Http.Response.HasStarted)
            {
                invocation.Http.Abort();
            }
        }

        await exchange.DisposeAsync();
        return true;
    }

    /// <summary>
    /// YARP's forwarder costs about as much as all the rest of a warm invocation, so it gets what needs it: answers that are long, or come as they are made.
    /// </summary>
    private async ValueTask ForwardAsync(WorkerConnection connection, WorkerExchange exchange, HttpContext http, CancellationToken running)
    {
        await exchange.BeginAsync(running);
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

    /// <summary>Keeps a connection for the next invocation.</summary>
    public void Return(WorkerConnection connection)
    {
        connection.Handler.Current = null;
        connection.Shrink();
        lock (_lock)
        {
            if (!_isClosed)
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

        foreach (var connection in idle)
        {
            connection.Dispose();
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
}
