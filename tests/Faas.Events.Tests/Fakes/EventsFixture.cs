using System.Runtime.CompilerServices;
using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Events.Cron;
using Faas.Events.Triggers;
using Faas.Events.Webhooks;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Events.Tests;

/// <summary>Events on a real store, with a clock, functions and a transport that the test drives.</summary>
internal sealed class EventsFixture : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Step of the clock while sources stop: what drains gives up within seconds, and what waits for its broker's last answer is waited for.</summary>
    private static readonly TimeSpan Draining = TimeSpan.FromMilliseconds(10);

    private readonly string _folder;
    private readonly SqliteStore _store;
    private readonly LeaseService _leases;
    private readonly TriggerTable _triggers = new();
    private readonly TriggerHost _host;

    private EventsFixture(string folder, SqliteStore store, EventsOptions options, DateTimeOffset now, IReadOnlyList<ITriggerKind> kinds)
    {
        (_folder, _store) = (folder, store);
        Clock = new SteppingClock(now);
        Queue = new FakeQueue(store.Queue);
        Files = new AnswerFiles(Path.Combine(folder, "answers"), Clock);
        var setup = new EventsSetup(Queue, Functions, options, "me") { Holds = Holds };
        var topics = new Subscriptions(Functions, _triggers);
        var outcomes = new Outcomes(Functions, new FollowUps(Files, topics), Files);
        var runner = new AttemptRunner(setup, new AttemptTransports(Transport, Deliveries), outcomes, Clock, NullLogger<AttemptRunner>.Instance);
        var completions = new Completions();
        Pump = new QueuePump(setup, runner, completions, Clock, NullLogger<QueuePump>.Instance);
        _leases = new LeaseService(setup, Pump, Files, Clock, NullLogger<LeaseService>.Instance);
        Intake = new Intake(setup, Pump, completions, Files, Clock);
        Desk = new Desk(setup, Pump, completions, Clock);
        Publisher = new Publisher(topics, Intake, _triggers, Clock);
        Announcer = new Announcer(setup, Pump, Publisher, Clock);
        TriggerStore = new FakeTriggerStore(store.Triggers);
        var parts = new TriggerParts(new TriggerDeliveries(Intake, Queue, completions, Clock), TriggerStore, Secrets, Clock);
        var sources = new TriggerRunner(parts, NullLogger<TriggerRun>.Instance);
        Source = new FakeKind();
        _host = new TriggerHost(
            Functions, new TriggerKinds([new CronKind(NullLogger<CronSource>.Instance), new TopicKind(), new WebhookKind(), Source, .. kinds]), _triggers, sources, parts, NullLogger<TriggerHost>.Instance);
        Triggers = new TriggerDesk(_triggers, sources, parts);
        Webhooks = new WebhookDesk(Functions, _triggers, Secrets, Intake, Clock);
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public SteppingClock Clock { get; }

    public FakeFunctions Functions { get; } = new();

    public FakeHolds Holds { get; } = new();

    public FakeTransport Transport { get; } = new();

    public FakeTransport Deliveries { get; } = new();

    public FakeQueue Queue { get; }

    public AnswerFiles Files { get; }

    public QueuePump Pump { get; }

    public Intake Intake { get; }

    public Desk Desk { get; }

    public Publisher Publisher { get; }

    public Announcer Announcer { get; }

    public TriggerDesk Triggers { get; }

    public WebhookDesk Webhooks { get; }

    public FakeTriggerStore TriggerStore { get; }

    public FakeSecrets Secrets { get; } = new();

    /// <summary>The triggers that have no kind otherwise.</summary>
    public FakeKind Source { get; }

    /// <summary>Starts everything on a new store, or on the folder of one that was <see cref="KillAsync">killed</see>.</summary>
    public static async Task<EventsFixture> StartAsync(
        EventsOptions? options = null, string? folder = null, DateTimeOffset? now = null, Action<EventsFixture>? prepare = null, params IReadOnlyList<ITriggerKind> kinds)
    {
        folder ??= Directory.CreateTempSubdirectory("faas-events-").FullName;
        var store = await SqliteStore.OpenAsync(Path.Combine(folder, "faas.db"), "USD", Ct);
        var fixture = new EventsFixture(folder, store, options ?? new EventsOptions(), now ?? Noon, kinds);
        fixture.Functions.Deploy("hello");
        prepare?.Invoke(fixture);
        await fixture._host.StartingAsync(Ct);
        await fixture.Pump.StartAsync(Ct);
        await fixture._leases.StartAsync(Ct);
        await fixture._host.StartAsync(Ct);
        return fixture;
    }

    public Task<IntakeReply> AcceptAsync(string id, string function = "hello", Func<IntakeRequest, IntakeRequest>? with = null)
    {
        var request = new IntakeRequest
        {
            Function = function, Id = id, Nonce = id, Request = new InvocationRequest(true, "POST", "/", "", []), Body = Encoding.UTF8.GetBytes($"body of {id}"),
        };
        return Intake.AcceptAsync(with is null ? request : with(request), Ct);
    }

    /// <summary>The event once it has ended; the clock stands still meanwhile.</summary>
    public async Task<QueuedInvocation> EndedAsync(string id) =>
        (await Desk.WaitAsync(id, TimeSpan.FromDays(40), Ct).WaitAsync(Eventually.Deadline, Ct))!;

    /// <summary>The event once it is in a state.</summary>
    public async Task<QueuedInvocation> InStateAsync(string id, Func<QueuedInvocation, bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        QueuedInvocation? found = null;
        await Eventually.HoldsAsync(async () => (found = await Queue.FindAsync(id, Ct)) is not null && condition(found), this, TimeSpan.Zero, $"{id}: {what}");
        return found!;
    }

    /// <summary>The trigger once it is as a test wants it; the clock stands still meanwhile.</summary>
    public Task<TriggerDescription> TriggerAsync(string id, Func<TriggerDescription, bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TriggerAsync(id, condition, TimeSpan.Zero, what);

    /// <summary>The trigger once it is as a test wants it after <paramref name="time"/>. The clock goes on slowly meanwhile: a timer may be set after it was turned forward.</summary>
    public Task<TriggerDescription> AfterAsync(TimeSpan time, string id, Func<TriggerDescription, bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        Clock.Advance(time);
        return TriggerAsync(id, condition, null, what);
    }

    /// <summary>Ends as a killed process does: nothing is put back. Returns the folder.</summary>
    public async Task<string> KillAsync()
    {
        await _store.DisposeAsync();   // what runs cannot say how it ended
        await EndAsync(_host.StopAsync(Ct), Draining);   // what drains gives up
        _host.Dispose();
        _triggers.Dispose();
        Pump.Dispose();
        _leases.Dispose();
        return _folder;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_host.StopAsync(Ct), Draining);
        await _leases.StopAsync(Ct);
        await EndAsync(Pump.StopAsync(Ct), TimeSpan.FromMinutes(1));
        await _store.DisposeAsync();
        _host.Dispose();
        _triggers.Dispose();
        _leases.Dispose();
        Pump.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<TriggerDescription> TriggerAsync(string id, Func<TriggerDescription, bool> condition, TimeSpan? step, string what)
    {
        TriggerDescription? found = null;
        await Eventually.HoldsAsync(() => (found = Triggers.List(null).FirstOrDefault(trigger => trigger.Id == id)) is not null && condition(found), this, step, $"{id}: {what}");
        return found!;
    }

    /// <summary>Lets time go on while something ends: whatever it waits for comes.</summary>
    private async Task EndAsync(Task ending, TimeSpan step)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!ending.IsCompleted && await timer.WaitForNextTickAsync(Ct))
        {
            Clock.Advance(step);
        }

        await ending;
    }
}
