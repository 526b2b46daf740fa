using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Hosting;
using Faas.Gateway.Activation;
using Faas.Gateway.Hosting;
using Faas.Gateway.Usage;
using Faas.Gateway.Tests.Usage;
using Faas.Link;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>A whole gateway in this process, with a fake controller and fake workers on real sockets in a folder of its own.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly TimeProvider _clock;
    private int _sockets;

    private GatewayFixture(TimeProvider? clock)
    {
        _clock = clock ?? TimeProvider.System;
        Root = Directory.CreateTempSubdirectory("fgt-").FullName;
        Data = new DataFolder(Root);
        Directory.CreateDirectory(Data.Run);
    }

    public string Root { get; }

    public DataFolder Data { get; }

    public FakeController Controller { get; private set; } = null!;

    public WebApplication Gateway { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public UsageJournal Journal => Gateway.Services.GetRequiredService<UsageJournal>();

    public T Service<T>()
        where T : notnull => Gateway.Services.GetRequiredService<T>();

    /// <summary>A running gateway that knows <paramref name="picture"/>.</summary>
    public static async Task<GatewayFixture> StartAsync(TimeProvider? clock, params ControllerMessage[] picture)
    {
        var fixture = new GatewayFixture(clock);
        await fixture.StartControllerAsync(picture);
        await fixture.StartGatewayAsync();
        await fixture.Service<Faas.Gateway.Routing.RouteTable>().FirstSync.WaitAsync(Patience.Limit);
        return fixture;
    }

    /// <summary>A running gateway whose controller is connected and has said nothing yet.</summary>
    public static async Task<GatewayFixture> StartWithoutPictureAsync()
    {
        var fixture = new GatewayFixture(null);
        fixture.Controller = await FakeController.StartAsync(fixture.Data, controller => controller.SendsPicture = false);
        await fixture.StartGatewayAsync();
        return fixture;
    }

    public async Task StartControllerAsync(params ControllerMessage[] picture) =>
        Controller = await FakeController.StartAsync(Data, controller => controller.Picture.AddRange(picture));

    public async Task StartGatewayAsync()
    {
        Gateway = GatewayHost.Build(new GatewayArguments(Data, new IPEndPoint(IPAddress.Loopback, 0), false), _clock);
        await Gateway.StartAsync();
        Url = new Uri(Gateway.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(url => !url.Contains("unix:", StringComparison.Ordinal)));
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Url, Timeout = Patience.Limit };
    }

    /// <summary>Ends the gateway and starts another one on the same folder.</summary>
    public async Task RestartGatewayAsync()
    {
        Http.Dispose();
        await Gateway.StopAsync();
        await Gateway.DisposeAsync();
        await StartGatewayAsync();
    }

    /// <summary>Requests that wait for a slot of a revision.</summary>
    public int Waiting(string revision) => Gateway.Services.GetRequiredService<GateTable>().GateOf(revision).Load().Waiting;

    /// <summary>A worker on a new socket; not announced yet.</summary>
    public FakeWorker Worker(Func<WorkerCall, Task> handler)
    {
        var worker = new FakeWorker(Path.Combine(Data.Run, $"w{Interlocked.Increment(ref _sockets)}.sock"), handler);
        _owned.Add(worker);
        return worker;
    }

    /// <summary>A worker that is announced as an instance.</summary>
    public async Task<FakeWorker> InstanceAsync(Func<WorkerCall, Task> handler, string id = "i1", string revision = "r1", int slots = 1)
    {
        var worker = Worker(handler);
        await Controller.SendAsync(Say.Ready(id, worker.Path, revision, slots));
        return worker;
    }

    /// <summary>A worker that answers at once.</summary>
    public Task<FakeWorker> InstanceAsync(string id = "i1", string revision = "r1", int slots = 1) => InstanceAsync(call => call.AnswerAsync().AsTask(), id, revision, slots);

    /// <summary>All usage records that are in the journal now, acknowledged or not, without the way over the link. Needs a controller that doesn't acknowledge.</summary>
    public List<UsageEntry> Recorded() => [.. Journal.Segments().SelectMany(segment => UsageEntries.ReadAll(segment))];

    /// <summary>That many usage records by the outcome, which may be written after the next caller has its answer: that of a caller who left is. Needs a controller that doesn't acknowledge.</summary>
    public async Task<List<UsageEntry>> RecordedAsync(int count)
    {
        await EventuallyAsync(() => Recorded().Count >= count);
        return [.. Recorded().OrderByDescending(usage => usage.Outcome)];
    }

    /// <summary>Waits until a condition that another thread brings about holds.</summary>
    public static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public Task<Answer> GetAsync(string path = "/function/hello") => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<Answer> PostAsync(string path, HttpContent content) => SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content });

    /// <summary>Sends a request and reads the whole answer.</summary>
    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await Http.SendAsync(request);
            return new Answer(response, await response.Content.ReadAsByteArrayAsync());
        }
    }

    /// <summary>Sends a request and returns when the head of the answer is here.</summary>
    public Task<HttpResponseMessage> HeadOfAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>A raw connection, for what HttpClient wouldn't send.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Url.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        if (Gateway is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await Gateway.StopAsync(now.Token);
            await Gateway.DisposeAsync();
        }

        await Controller.DisposeAsync();
        Directory.Delete(Root, recursive: true);
        if (Directory.Exists(Data.Run))
        {
            Directory.Delete(Data.Run, recursive: true);
        }
    }
}
