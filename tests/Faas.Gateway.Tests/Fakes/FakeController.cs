using System.Collections.Concurrent;
using System.Threading.Channels;
using Faas.Contracts.Hosting;
using Faas.Gateway.Tests.Usage;
using Faas.Link;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>A controller as far as the link goes: a real gRPC server on the real socket, which says what the test tells it to.</summary>
internal sealed class FakeController : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _journal;
    private readonly Channel<GatewayMessage> _messages = Channel.CreateUnbounded<GatewayMessage>();
    private readonly ConcurrentQueue<UsageBatch> _batches = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IServerStreamWriter<ControllerMessage>? _stream;

    private FakeController(DataFolder data)
    {
        _journal = data.Journal;
        var socket = data.ControllerSocket;
        File.Delete(socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(this).AddSingleton(Intake).AddRouting().AddGrpc();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<Service>();
        _app.MapGrpcService<FakeIntake>();
    }

    /// <summary>Where events come in.</summary>
    public FakeIntake Intake { get; } = new();

    /// <summary>What a new connection is told between SyncBegin and SyncEnd.</summary>
    public List<ControllerMessage> Picture { get; } = [];

    /// <summary>Whether a new connection is told a picture at all.</summary>
    public bool SendsPicture { get; set; } = true;

    /// <summary>Whether batches are acknowledged.</summary>
    public bool Acknowledges { get; set; } = true;

    /// <summary>Whether instances that the gateway discards are said to be gone.</summary>
    public Action<FakeController, CapacityWanted>? OnCapacityWanted { get; set; }

    /// <summary>All usage that it was told of, as batches, in the order in which they came, repetitions included.</summary>
    public IReadOnlyCollection<UsageBatch> Batches => _batches;

    /// <summary>The records of all usage batches so far.</summary>
    public List<UsageEntry> Usage => [.. _batches.SelectMany(UsageEntries.Of)];

    /// <summary>Hellos so far.</summary>
    public ConcurrentQueue<Hello> Hellos { get; } = new();

    public static async Task<FakeController> StartAsync(DataFolder data, Action<FakeController>? configure = null)
    {
        var controller = new FakeController(data);
        configure?.Invoke(controller);
        await controller._app.StartAsync();
        return controller;
    }

    public Task ConnectedAsync() => _connected.Task.WaitAsync(Patience.Limit);

    public async Task SendAsync(params ControllerMessage[] messages)
    {
        await ConnectedAsync();
        await _sending.WaitAsync();
        try
        {
            foreach (var message in messages)
            {
                await _stream!.WriteAsync(message);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message that <paramref name="wanted"/> picks; others before it are dropped.</summary>
    public async Task<T> NextAsync<T>(Func<GatewayMessage, T?> wanted)
        where T : class
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            if (wanted(await _messages.Reader.ReadAsync(limit.Token)) is { } found)
            {
                return found;
            }
        }
    }

    public Task<RevisionLoad> CapacityWantedAsync() => NextAsync(message => message.CapacityWanted?.Load);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _sending.Dispose();
    }

    private async Task RunAsync(IAsyncStreamReader<GatewayMessage> incoming, IServerStreamWriter<ControllerMessage> outgoing, CancellationToken cancellationToken)
    {
        _stream = outgoing;
        if (SendsPicture)
        {
            await outgoing.WriteAsync(new ControllerMessage { SyncBegin = new SyncBegin() }, cancellationToken);
            foreach (var message in Picture)
            {
                await outgoing.WriteAsync(message, cancellationToken);
            }

            await outgoing.WriteAsync(new ControllerMessage { SyncEnd = new SyncEnd() }, cancellationToken);
        }

        _connected.TrySetResult();
        try
        {
            while (await incoming.MoveNext(cancellationToken))
            {
                await TakeAsync(incoming.Current);
            }
        }
        finally
        {
            _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task TakeAsync(GatewayMessage message)
    {
        if (message.Hello is { } hello)
        {
            Hellos.Enqueue(hello);
        }

        if (UsageEntries.Told(message, _journal) is { } batch)
        {
            _batches.Enqueue(batch);
            if (Acknowledges)
            {
                await SendAsync(new ControllerMessage { UsageAck = new UsageAck { Boot = batch.Boot, Segment = batch.Segment, To = batch.To } });
            }
        }

        if (message.CapacityWanted is { } wanted)
        {
            OnCapacityWanted?.Invoke(this, wanted);
        }

        await _messages.Writer.WriteAsync(message);
    }

    private sealed class Service(FakeController controller) : GatewayLink.GatewayLinkBase
    {
        public override async Task Connect(IAsyncStreamReader<GatewayMessage> requestStream, IServerStreamWriter<ControllerMessage> responseStream, ServerCallContext context)
        {
            try
            {
                await controller.RunAsync(requestStream, responseStream, context.CancellationToken);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
            {
                // The gateway or the test ended the stream.
            }
        }
    }
}
