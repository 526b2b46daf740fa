using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Tests.Redis;
using Faas.Storage;

namespace Faas.Events.Tests.RedisStreams;

public sealed class RedisStreamBatchTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private const string Id = "hello/redis-stream";

    private static readonly AsyncSpec Twice = new() { MaxAttempts = 2 };

    private readonly string _stream = $"orders-{Guid.NewGuid():N}";

    private RedisStreamSpec Spec => new() { Url = server.Url, Stream = _stream, BatchSize = 4 };

    private string Dead => _stream + ":dead";

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_invocation_is_given_an_array_of_as_many_CloudEvents_as_the_spec_says()
    {
        await server.AddAsync(_stream, "data", "1", "2", "3", "4", "5", "6");
        await using var events = await StartAsync(Spec);
        await server.AcknowledgedAsync(_stream);
        Assert.Equal([["1", "2", "3", "4"], ["5", "6"]], events.Transport.Ran.Select(GivenEvents.In).OrderBy(given => given[0], StringComparer.Ordinal));
        Assert.All(events.Transport.Ran, claim => Assert.Equal("application/cloudevents-batch+json", Assert.Single(claim.Entry.Request.Headers).Value));
    }

    [Fact]
    public async Task A_batch_that_is_not_full_waits_as_long_as_the_spec_says()
    {
        await server.AddAsync(_stream, "data", "1", "2");
        await using var events = await StartAsync(Spec with { BatchWindow = TimeSpan.FromSeconds(30) });
        await Eventually.HoldsAsync(async () => await server.PendingAsync(_stream) == 2);
        events.Clock.Advance(TimeSpan.FromSeconds(29));
        await server.AddAsync(_stream, "data", "3");
        await Eventually.HoldsAsync(async () => await server.PendingAsync(_stream) == 3);
        Assert.Empty(events.Transport.Ran);
        events.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.AcknowledgedAsync(_stream);
        Assert.Equal(["1", "2", "3"], GivenEvents.In(Assert.Single(events.Transport.Ran)));
    }

    [Fact]
    public async Task A_batch_that_becomes_full_does_not_wait_any_longer()
    {
        await server.AddAsync(_stream, "data", "1", "2");
        await using var events = await StartAsync(Spec with { BatchWindow = TimeSpan.FromMinutes(5) });
        await Eventually.HoldsAsync(async () => await server.PendingAsync(_stream) == 2);
        await server.AddAsync(_stream, "data", "3", "4");
        await server.AcknowledgedAsync(_stream);
        Assert.Equal(["1", "2", "3", "4"], GivenEvents.In(Assert.Single(events.Transport.Ran)));
    }

    [Fact]
    public async Task Events_that_the_answer_names_come_again_after_a_pause_and_the_others_are_acknowledged()
    {
        await server.AddAsync(_stream, "data", "1", "2", "3", "4");
        await using var events = await StartAsync(Spec, Twice, claim => claim.Body.Length > 0 && GivenEvents.In(claim).Count == 4 ? Failing(claim, "2", "4") : Failing(claim));
        await Eventually.HoldsAsync(async () => await server.PendingAsync(_stream) == 2);
        Assert.Single(events.Transport.Ran);
        events.Clock.Advance(TimeSpan.FromSeconds(1));   // the longest pause before the second
        await server.AcknowledgedAsync(_stream, events);
        Assert.Equal([["1", "2", "3", "4"], ["2", "4"]], events.Transport.Ran.Select(GivenEvents.In));
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Fact]
    public async Task Events_that_keep_failing_are_each_a_dead_letter_of_the_platform_as_a_batch_of_one()
    {
        await server.AddAsync(_stream, "data", "1", "2", "3", "4");
        await using var events = await StartAsync(Spec, Twice, claim => Failing(claim, "2", "4"));
        await server.AcknowledgedAsync(_stream, events, TimeSpan.FromMilliseconds(100));
        var dead = await events.Queue.ListAsync(InvocationState.DeadLettered, "hello", null, 10, EventsFixture.Ct);
        Assert.Equal(2, dead.Count);
        Assert.All(dead, letter => Assert.Contains("batchItemFailures; that was delivery 2 of 2", letter.Reason, StringComparison.Ordinal));
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(200, "done"));
        await events.Desk.RedriveAsync(new DeadLetterChoice(null, "hello"), EventsFixture.Ct);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 4, events);
        Assert.Equal([["2"], ["4"]], events.Transport.Ran.Skip(2).Select(GivenEvents.In).OrderBy(given => given[0], StringComparer.Ordinal));
    }

    [Fact]
    public async Task Events_that_keep_failing_are_each_in_the_dead_letters_stream()
    {
        await server.AddAsync(_stream, "data", "1", "2", "3", "4");
        await using var events = await StartAsync(Spec with { DeadLetter = Dead }, Twice, claim => Failing(claim, "2", "4"));
        await server.AcknowledgedAsync(_stream, events, TimeSpan.FromMilliseconds(100));
        var entries = await server.ExecuteAsync("XRANGE", Dead, "-", "+");
        Assert.Equal(["2", "4"], Enumerable.Range(0, entries.Length).Select(index => (string)entries[index][1][1]!));
        Assert.Contains("delivery 2 of 2", (string?)entries[0][1][3], StringComparison.Ordinal);
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Theory]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"nobody"}]}""", "'nobody'")]
    [InlineData("""{"batchItemFailures":[""", "not JSON")]
    public async Task After_an_answer_that_makes_no_sense_the_whole_batch_comes_again(string answer, string problem)
    {
        await server.AddAsync(_stream, "data", "1", "2");
        await using var events = await StartAsync(Spec, Twice, claim => GivenEvents.In(claim).Count == 2 ? FakeTransport.Answer(200, answer) : throw new InvalidOperationException());
        Assert.Contains(problem, (await events.TriggerAsync(Id, trigger => trigger.Failures == 1)).LastError, StringComparison.Ordinal);
        Assert.Equal(2, await server.PendingAsync(_stream));
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(200, """{"batchItemFailures":[]}"""));
        await server.AcknowledgedAsync(_stream, events, TimeSpan.FromMilliseconds(100));
        Assert.Equal([["1", "2"], ["1", "2"]], events.Transport.Ran.Select(GivenEvents.In));
        Assert.Equal(2, events.Transport.Ids.Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_whose_invocation_fails_for_good_is_one_dead_letter_of_the_platform_or_each_of_it_is_in_the_stream(bool hasPlace)
    {
        await server.AddAsync(_stream, "data", "1", "2", "3");
        await using var events = await StartAsync(Spec with { DeadLetter = hasPlace ? Dead : null }, Twice, _ => FakeTransport.Answer(400, "no"));
        await server.AcknowledgedAsync(_stream);
        Assert.Equal(hasPlace ? 3 : 0, (int)await server.ExecuteAsync("XLEN", Dead));
        Assert.Equal(hasPlace ? 0 : 1, (await events.Queue.DeadLettersAsync(EventsFixture.Ct)).GetValueOrDefault("hello"));
    }

    [Fact]
    public async Task What_says_it_is_a_CloudEvent_and_is_not_is_left_out_of_the_batch()
    {
        await server.AddAsync(_stream, "data", "1");
        await server.ExecuteAsync("XADD", _stream, "*", "ce-id", "8", "data", "x");
        await server.AddAsync(_stream, "data", "3");
        await using var events = await StartAsync(Spec);
        await server.AcknowledgedAsync(_stream);
        Assert.Equal(["1", "3"], GivenEvents.In(Assert.Single(events.Transport.Ran)));
        Assert.Contains("specversion", (await events.TriggerAsync(Id, trigger => trigger.Failures == 1)).LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_of_more_than_an_invocation_may_have_is_given_in_several()
    {
        var large = new string('x', 700_000);
        await server.AddAsync(_stream, "data", large, large, "small");
        await using var events = await StartAsync(Spec);
        await server.AcknowledgedAsync(_stream);
        Assert.Equal([1, 2], events.Transport.Ran.Select(claim => GivenEvents.In(claim).Count));
    }

    [Fact]
    public async Task A_batch_that_was_cut_off_by_the_end_of_the_platform_is_the_same_invocation_afterwards()
    {
        await server.AddAsync(_stream, "data", "1", "2", "3", "4");
        var first = await RedisServer.StartAsync(new TriggerSpec { RedisStream = Spec }, prepare: events => events.Transport.Run = (_, ct) => FakeTransport.UntilStoppedAsync(ct));
        await first.Transport.BeganAsync();
        var id = first.Transport.Ids.First();
        var folder = await first.KillAsync();
        await using var events = await StartAsync(Spec, folder: folder);
        await server.AcknowledgedAsync(_stream, events);
        Assert.All(events.Transport.Ids, again => Assert.Equal(id, again));
    }

    private static AttemptResult Failing(Claim claim, params IReadOnlyList<string> bodies)
    {
        var ids = GivenEvents.In(claim).Zip(GivenEvents.IdsIn(claim)).Where(pair => bodies.Contains(pair.First)).Select(pair => $$"""{"itemIdentifier":"{{pair.Second}}"}""");
        return FakeTransport.Answer(200, $$"""{"batchItemFailures":[{{string.Join(',', ids)}}]}""");
    }

    private static Task<EventsFixture> StartAsync(RedisStreamSpec spec, AsyncSpec? policy = null, Func<Claim, AttemptResult>? run = null, string? folder = null) => RedisServer.StartAsync(
        new TriggerSpec { RedisStream = spec },
        policy,
        events => events.Transport.Run = (claim, _) => Task.FromResult(run is null ? FakeTransport.Answer(200, "done") : run(claim)),
        folder);
}
