using System.Text;
using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.QueueSample;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>What every <see cref="IInvocationQueue"/> must do.</summary>
public abstract class InvocationQueueSuite
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract IInvocationQueue Queue { get; }

    /// <summary>Ids of the invocations whose usage has reached, or is on its way into, the ledger.</summary>
    private protected abstract Task<IReadOnlyList<string>> BilledAsync();

    [Fact]
    public async Task An_accepted_entry_is_found_as_it_was_given()
    {
        var entry = Entry("a") with { CallbackUrl = "http://example.com/done", IsAwaited = true, Cause = "z", DueAt = Noon.AddSeconds(5) };
        Assert.Equal(new Acceptance(AcceptanceOutcome.Accepted, "a"), await Queue.EnqueueAsync(entry, Body("grüß"), null, Ct));

        var found = await Queue.FindAsync("a", Ct);
        Assert.NotNull(found);
        Assert.Equivalent(entry, found.Entry, strict: true);
        Assert.Equal((InvocationState.Queued, Noon.AddSeconds(5), 0, 0), (found.State, found.At, found.Attempts, found.Failures));
        Assert.Equal(Body("grüß").Length, found.BodyLength);
        Assert.Null(found.EndedAt);
        Assert.Null(await Queue.FindAsync("b", Ct));
    }

    [Fact]
    public async Task A_claim_gives_the_whole_entry_its_body_and_a_number()
    {
        await EnqueueAsync("a");
        var claim = Assert.Single((await ClaimAsync()).Entries);
        Assert.Equivalent(Entry("a"), claim.Entry, strict: true);
        Assert.Equal("body of a", Encoding.UTF8.GetString(claim.Body.Span));
        Assert.Equal((1, 0, Noon), (claim.Attempt, claim.Failures, claim.StartedAt));
        Assert.Equal(InvocationState.Running, (await Queue.FindAsync("a", Ct))!.State);
    }

    [Fact]
    public async Task An_entry_is_claimed_by_one_of_many()
    {
        await EnqueueAsync("a");
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => ClaimAsync(), Ct)));
        Assert.Single(claims.SelectMany(claim => claim.Entries));
    }

    [Fact]
    public async Task What_has_been_due_longest_is_claimed_first_and_no_more_than_asked_for()
    {
        await EnqueueAsync("late", due: Noon.AddSeconds(-1));
        await EnqueueAsync("early", due: Noon.AddSeconds(-2));
        await EnqueueAsync("later", due: Noon);
        var claims = await ClaimAsync(count: 2);
        Assert.Equal(["early", "late"], claims.Entries.Select(claim => claim.Entry.Id));
        Assert.Equal(Noon, claims.NextDueAt);
    }

    [Fact]
    public async Task Entries_due_at_the_same_time_are_claimed_in_the_order_of_their_acceptance()
    {
        foreach (var id in (string[])["c", "a", "b"])
        {
            await EnqueueAsync(id);
        }

        Assert.Equal(["c", "a", "b"], (await ClaimAsync()).Entries.Select(claim => claim.Entry.Id));
    }

    [Fact]
    public async Task What_is_not_due_is_not_claimed_but_told()
    {
        await EnqueueAsync("a", due: Noon.AddSeconds(10));
        var claims = await ClaimAsync();
        Assert.Empty(claims.Entries);
        Assert.Equal(Noon.AddSeconds(10), claims.NextDueAt);
        Assert.Single((await ClaimAsync(now: Noon.AddSeconds(10))).Entries);
        Assert.Null((await ClaimAsync(now: Noon.AddSeconds(10))).NextDueAt);
    }

    [Fact]
    public async Task Lanes_do_not_see_each_other()
    {
        await EnqueueAsync("a", lane: "one");
        Assert.Equal(new Claims([], null), await ClaimAsync(lane: "two") with { Entries = [] });
        Assert.Single((await ClaimAsync(lane: "one")).Entries);
    }

    [Fact]
    public async Task An_entry_can_be_claimed_by_its_own_acceptance()
    {
        await Queue.EnqueueAsync(Entry("a"), Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
        Assert.Empty((await ClaimAsync()).Entries);
        var found = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal((InvocationState.Running, 1), (found.State, found.Attempts));
        Assert.True(await Queue.EndAsync(End(new ClaimKey("a", 1), InvocationState.Succeeded), Ct));
    }

    [Fact]
    public async Task An_acceptance_that_is_repeated_changes_nothing()
    {
        await EnqueueAsync("a");
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(Entry("a"), Body("body of a"), null, Ct)).Outcome);
        Assert.Single((await ClaimAsync()).Entries);
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(Entry("a"), Body("body of a"), null, Ct)).Outcome);
        Assert.Empty((await ClaimAsync()).Entries);
    }

    [Fact]
    public async Task Another_event_with_the_same_id_is_refused()
    {
        await EnqueueAsync("a");
        Assert.Equal(new Acceptance(AcceptanceOutcome.IdTaken, "a"), await Queue.EnqueueAsync(Entry("a") with { Nonce = "other" }, Body("x"), null, Ct));
        Assert.Equal("body of a", Encoding.UTF8.GetString(Assert.Single((await ClaimAsync()).Entries).Body.Span));
    }

    [Fact]
    public async Task Requests_with_the_same_key_are_one_event()
    {
        var first = Entry("a") with { Key = Key("k") };
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(first, Body("x"), null, Ct)).Outcome);
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(first, Body("x"), null, Ct)).Outcome);
        Assert.Equal(new Acceptance(AcceptanceOutcome.SameKey, "a"), await Queue.EnqueueAsync(Entry("b") with { Key = Key("k") }, Body("x"), null, Ct));
        Assert.Equal(new Acceptance(AcceptanceOutcome.KeyReused, "a"), await Queue.EnqueueAsync(Entry("c") with { Key = Key("k", "other") }, Body("y"), null, Ct));
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(Entry("d") with { Key = Key("k"), Lane = "other" }, Body("x"), null, Ct)).Outcome);
        Assert.Single((await ClaimAsync()).Entries);
    }

    [Fact]
    public async Task A_repeated_key_with_the_same_id_is_the_same_event_and_no_taken_id()
    {
        var entry = Entry("a") with { Key = Key("k") };
        await Queue.EnqueueAsync(entry, Body("x"), null, Ct);
        Assert.Equal(new Acceptance(AcceptanceOutcome.SameKey, "a"), await Queue.EnqueueAsync(entry with { Nonce = "another request" }, Body("x"), null, Ct));
        Assert.Equal(new Acceptance(AcceptanceOutcome.KeyReused, "a"), await Queue.EnqueueAsync(entry with { Nonce = "a third", Key = Key("k", "other") }, Body("y"), null, Ct));
        Assert.Single((await ClaimAsync()).Entries);
    }

    [Fact]
    public async Task Of_many_requests_with_the_same_key_at_once_one_becomes_the_event()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => Queue.EnqueueAsync(Entry($"id{i}") with { Key = Key("k") }, Body("x"), null, Ct), Ct)));
        var accepted = Assert.Single(outcomes, outcome => outcome.Outcome == AcceptanceOutcome.Accepted);
        Assert.All(outcomes, outcome => Assert.Equal(accepted.Id, outcome.Id));
        Assert.Single((await ClaimAsync(count: 100)).Entries);
    }

    [Fact]
    public async Task Of_many_acceptances_at_once_each_has_its_own_outcome_body_and_lease()
    {
        await EnqueueAsync("taken");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Task.Run(
            () => Queue.EnqueueAsync(i % 3 == 2 ? Entry("taken") with { Nonce = $"{i}" } : Entry($"id{i}"), Body($"body {i}"), i % 3 == 1 ? LeaseUntil(Noon.AddMinutes(1)) : null, Ct), Ct)));
        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => i % 3 == 2 ? new Acceptance(AcceptanceOutcome.IdTaken, "taken") : new Acceptance(AcceptanceOutcome.Accepted, $"id{i}")), outcomes);
        var claims = (await ClaimAsync(count: 1000)).Entries.Where(claim => claim.Entry.Id != "taken").ToDictionary(claim => claim.Entry.Id, claim => Encoding.UTF8.GetString(claim.Body.Span));
        Assert.Equal(Enumerable.Range(0, 100).ToDictionary(i => $"id{3 * i}", i => $"body {3 * i}"), claims);
        Assert.Equal(201, Assert.Single(await Queue.BacklogAsync(Ct)).Running);
    }

    [Fact]
    public async Task A_key_can_be_used_again_when_its_time_is_over()
    {
        await Queue.EnqueueAsync(Entry("a") with { Key = Key("k") }, Body("x"), null, Ct);
        var later = Noon.AddDays(1);
        Assert.Equal(AcceptanceOutcome.Accepted, (await Queue.EnqueueAsync(Entry("b") with { Key = Key("k"), AcceptedAt = later, DueAt = later }, Body("x"), null, Ct)).Outcome);
    }

    [Fact]
    public async Task Success_leaves_result_attempt_and_usage_and_no_body()
    {
        var claim = await ClaimOneAsync("a");
        var answer = new StoredAnswer(201, [new HeaderField("content-type", "text/plain")], Body("made"), 4, null);
        Assert.True(await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded) with { Answer = answer, Usage = Usage("a") }, Ct));

        var found = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal((InvocationState.Succeeded, Noon.AddSeconds(1), 0L), (found.State, found.EndedAt, found.BodyLength));
        Assert.Equal(Record(1), Assert.Single(found.History));
        Assert.Equivalent(answer, await Queue.FindAnswerAsync("a", Ct), strict: true);
        Assert.Equal(["a"], await BilledAsync());
    }

    [Fact]
    public async Task An_attempt_is_ended_once_and_billed_once()
    {
        var claim = await ClaimOneAsync("a");
        var end = End(claim.Key, InvocationState.Succeeded) with { Usage = Usage("a") };
        Assert.True(await Queue.EndAsync(end, Ct));
        Assert.False(await Queue.EndAsync(end, Ct));
        Assert.Equal(["a"], await BilledAsync());
    }

    [Fact]
    public async Task A_slow_worker_cannot_end_an_attempt_that_was_given_to_another()
    {
        var slow = await ClaimOneAsync("a");
        await Queue.RequeueAsync(Noon.AddSeconds(31), null, Ct);
        var second = Assert.Single((await ClaimAsync(now: Noon.AddSeconds(31))).Entries);

        Assert.False(await Queue.EndAsync(End(slow.Key, InvocationState.Succeeded) with { Usage = Usage("a"), Answer = new(200, [], Body("slow"), 4, null) }, Ct));
        Assert.Empty(await BilledAsync());
        Assert.Null(await Queue.FindAnswerAsync("a", Ct));
        Assert.Equal(InvocationState.Running, (await Queue.FindAsync("a", Ct))!.State);

        Assert.True(await Queue.EndAsync(End(second.Key, InvocationState.Succeeded) with { Record = Record(2) }, Ct));
        var history = (await Queue.FindAsync("a", Ct))!.History;
        Assert.Equal([(1, true), (2, false)], history.Select(attempt => (attempt.Number, attempt.IsCut)));
    }

    [Fact]
    public async Task A_retry_waits_for_its_time_and_knows_what_was_before()
    {
        var claim = await ClaimOneAsync("a");
        var failed = Record(1) with { Outcome = InvocationError.Crashed, Status = 500, Detail = "it threw" };
        Assert.True(await Queue.EndAsync(End(claim.Key, InvocationState.Queued) with { Record = failed, At = Noon.AddSeconds(9), Failures = 1 }, Ct));

        Assert.Equal(Noon.AddSeconds(9), (await ClaimAsync(now: Noon.AddSeconds(8))).NextDueAt);
        var again = Assert.Single((await ClaimAsync(now: Noon.AddSeconds(9))).Entries);
        Assert.Equal((2, 1, "body of a"), (again.Attempt, again.Failures, Encoding.UTF8.GetString(again.Body.Span)));
        Assert.Equal(failed, Assert.Single((await Queue.FindAsync("a", Ct))!.History));
    }

    [Fact]
    public async Task What_was_only_put_back_leaves_no_attempt_behind()
    {
        var claim = await ClaimOneAsync("a");
        Assert.True(await Queue.EndAsync(End(claim.Key, InvocationState.Queued) with { Record = null, At = Noon }, Ct));
        var found = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal((InvocationState.Queued, 0), (found.State, found.History.Count));
    }

    [Fact]
    public async Task A_renewed_lease_is_not_put_back()
    {
        var claim = await ClaimOneAsync("a");
        Assert.Empty(await Queue.RenewAsync([claim.Key], Noon.AddSeconds(60), Ct));
        Assert.Empty(await Queue.RequeueAsync(Noon.AddSeconds(59), null, Ct));
        Assert.Equal([("hello", "a")], await Queue.RequeueAsync(Noon.AddSeconds(61), null, Ct));
    }

    [Fact]
    public async Task Who_renews_a_claim_that_is_not_his_any_more_is_told()
    {
        var lost = await ClaimOneAsync("a");
        var kept = await ClaimOneAsync("b");
        await Queue.CancelAsync("a", Noon, Noon.AddDays(1), Ct);
        Assert.Equal([lost.Key], await Queue.RenewAsync([lost.Key, kept.Key], Noon.AddSeconds(60), Ct));
    }

    [Fact]
    public async Task What_a_dead_owner_had_is_put_back_at_once_as_cut_off()
    {
        await Queue.EnqueueAsync(Entry("mine"), Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
        await Queue.EnqueueAsync(Entry("other"), Body("x"), LeaseUntil(Noon.AddSeconds(30)) with { Owner = "other" }, Ct);
        Assert.Equal([("hello", "mine")], await Queue.RequeueAsync(Noon.AddSeconds(1), "me", Ct));

        var found = (await Queue.FindAsync("mine", Ct))!;
        var cut = Assert.Single(found.History);
        Assert.True(cut.IsCut);
        Assert.Equal((1, Noon, Noon.AddSeconds(1)), (cut.Number, cut.StartedAt, cut.EndedAt));
        Assert.Equal((InvocationState.Queued, 0), (found.State, found.Failures));
        Assert.Equal(2, Assert.Single((await ClaimAsync(now: Noon.AddSeconds(1))).Entries).Attempt);
    }

    [Fact]
    public async Task What_follows_from_an_end_is_accepted_with_it()
    {
        var claim = await ClaimOneAsync("a");
        var follow = Entry("a-callback") with { Lane = "hello/deliveries", DeliverTo = "http://example.com/", Cause = "a" };
        Assert.True(await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded) with { Follow = [(follow, Body("result"))] }, Ct));
        Assert.False(await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded) with { Follow = [(follow with { Id = "twice", Nonce = "twice" }, Body("result"))] }, Ct));

        Assert.Equal("result", Encoding.UTF8.GetString(Assert.Single((await ClaimAsync(lane: "hello/deliveries")).Entries).Body.Span));
        Assert.Null(await Queue.FindAsync("twice", Ct));
    }

    [Fact]
    public async Task A_cancelled_entry_is_not_run()
    {
        await EnqueueAsync("a");
        Assert.Equal(CancelOutcome.Cancelled, await Queue.CancelAsync("a", Noon, Noon.AddDays(1), Ct));
        Assert.Empty((await ClaimAsync()).Entries);
        Assert.Equal(CancelOutcome.HasEnded, await Queue.CancelAsync("a", Noon, Noon.AddDays(1), Ct));
        Assert.Equal(CancelOutcome.NotFound, await Queue.CancelAsync("b", Noon, Noon.AddDays(1), Ct));
        var found = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal((InvocationState.Cancelled, Noon), (found.State, found.EndedAt));
    }

    [Fact]
    public async Task An_attempt_that_was_cancelled_while_it_ran_ends_nothing()
    {
        var claim = await ClaimOneAsync("a");
        Assert.Equal(CancelOutcome.CancelledRunning, await Queue.CancelAsync("a", Noon.AddSeconds(1), Noon.AddDays(1), Ct));
        Assert.False(await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded) with { Usage = Usage("a") }, Ct));
        Assert.Empty(await BilledAsync());
        Assert.Equal(1, Assert.Single((await Queue.FindAsync("a", Ct))!.History).Number);
        Assert.Empty(await Queue.RequeueAsync(Noon.AddDays(1), null, Ct));
    }

    [Fact]
    public async Task Dead_letters_are_listed_counted_and_keep_their_bodies()
    {
        await DeadLetterAsync("a");
        await DeadLetterAsync("b", function: "other");
        await DeadLetterAsync("c");
        Assert.Equal(["a", "b", "c"], await DeadAsync(null));
        Assert.Equal(["a", "c"], await DeadAsync("hello"));
        Assert.Equal(["c"], (await Queue.ListAsync(InvocationState.DeadLettered, "hello", "a", 10, Ct)).Select(letter => letter.Entry.Id));
        Assert.Single(await Queue.ListAsync(InvocationState.DeadLettered, null, null, 1, Ct));
        Assert.Equivalent(new Dictionary<string, long> { ["hello"] = 2, ["other"] = 1 }, await Queue.DeadLettersAsync(Ct), strict: true);

        var letter = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal(("too often", Body("body of a").Length), (letter.Reason, (int)letter.BodyLength));
    }

    [Fact]
    public async Task A_redriven_dead_letter_runs_again_from_the_beginning()
    {
        await DeadLetterAsync("a");
        await DeadLetterAsync("b");
        Assert.Equal(["hello"], await Queue.RedriveAsync(new DeadLetterChoice("a", null), Noon.AddSeconds(5), 10, Ct));
        Assert.Equal(["b"], await DeadAsync(null));
        Assert.Empty(await Queue.RedriveAsync(new DeadLetterChoice("a", null), Noon.AddSeconds(5), 10, Ct));

        var claim = Assert.Single((await ClaimAsync(now: Noon.AddSeconds(5))).Entries);
        Assert.Equal(("a", 2, 0), (claim.Entry.Id, claim.Attempt, claim.Failures));
        var found = (await Queue.FindAsync("a", Ct))!;
        Assert.Equal((1, (string?)null), (found.History.Count, found.Reason));
    }

    [Fact]
    public async Task Redriving_and_purging_take_a_function_s_letters_or_all_and_no_more_than_asked_for()
    {
        await DeadLetterAsync("a");
        await DeadLetterAsync("b", function: "other");
        await DeadLetterAsync("c");
        await DeadLetterAsync("d");
        Assert.Equal(2, (await Queue.RedriveAsync(new DeadLetterChoice(null, "hello"), Noon, 2, Ct)).Count);
        Assert.Equal(["b", "d"], await DeadAsync(null));
        Assert.Equal(1, await Queue.PurgeAsync(new DeadLetterChoice(null, "other"), 10, Ct));
        Assert.Equal(1, await Queue.PurgeAsync(new DeadLetterChoice(null, null), 10, Ct));
        Assert.Empty(await DeadAsync(null));
        Assert.Null(await Queue.FindAsync("b", Ct));
        Assert.Equal(2, (await ClaimAsync()).Entries.Count);
    }

    [Fact]
    public async Task Ended_entries_are_forgotten_at_their_time_and_dead_letters_are_not()
    {
        var claim = await ClaimOneAsync("a");
        await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded) with { At = Noon.AddHours(1), Answer = new(200, [], Body("x"), 1, null) }, Ct);
        await DeadLetterAsync("dead");
        await EnqueueAsync("waiting");

        await Queue.ForgetAsync(Noon.AddMinutes(59), 100, Ct);
        Assert.NotNull(await Queue.FindAsync("a", Ct));
        Assert.Equal(1, await Queue.ForgetAsync(Noon.AddHours(1), 100, Ct));
        Assert.Null(await Queue.FindAsync("a", Ct));
        Assert.Null(await Queue.FindAnswerAsync("a", Ct));
        Assert.NotNull(await Queue.FindAsync("dead", Ct));
        Assert.NotNull(await Queue.FindAsync("waiting", Ct));
    }

    [Fact]
    public async Task The_backlog_says_what_waits_and_runs_in_each_lane()
    {
        await EnqueueAsync("a", lane: "one", due: Noon.AddSeconds(7));
        await EnqueueAsync("b", lane: "one", due: Noon.AddSeconds(3));
        await Queue.EnqueueAsync(Entry("c") with { Lane = "two" }, Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
        Assert.Equal([new Backlog("one", 2, 0, Noon.AddSeconds(3)), new Backlog("two", 0, 1, null)], (await Queue.BacklogAsync(Ct)).OrderBy(lane => lane.Lane, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Waiting_and_running_entries_are_listed_too()
    {
        await ClaimOneAsync("running");
        await EnqueueAsync("waiting");
        Assert.Equal(["waiting"], (await Queue.ListAsync(InvocationState.Queued, "hello", null, 10, Ct)).Select(entry => entry.Entry.Id));
        Assert.Equal(["running"], (await Queue.ListAsync(InvocationState.Running, null, null, 10, Ct)).Select(entry => entry.Entry.Id));
    }

    [Fact]
    public async Task The_body_of_an_entry_can_be_read_until_it_is_not_needed_any_more()
    {
        var claim = await ClaimOneAsync("a");
        Assert.Equal("body of a"u8.ToArray(), await Queue.ReadBodyAsync("a", Ct));
        await Queue.EndAsync(End(claim.Key, InvocationState.Succeeded), Ct);
        Assert.Null(await Queue.ReadBodyAsync("a", Ct));
        Assert.Null(await Queue.ReadBodyAsync("b", Ct));
    }

    [Fact]
    public async Task A_body_of_a_megabyte_comes_back_byte_for_byte()
    {
        var body = new byte[1024 * 1024];
        new Random(5).NextBytes(body);
        await Queue.EnqueueAsync(Entry("a"), body, null, Ct);
        Assert.Equal(body, Assert.Single((await ClaimAsync()).Entries).Body.ToArray());
    }

    private Task<Acceptance> EnqueueAsync(string id, string lane = "hello", string function = "hello", DateTimeOffset? due = null) =>
        Queue.EnqueueAsync(Entry(id) with { Lane = lane, Function = function, DueAt = due ?? Noon }, Body($"body of {id}"), null, Ct);

    private Task<Claims> ClaimAsync(string lane = "hello", int count = 10, DateTimeOffset? now = null) =>
        Queue.ClaimAsync(lane, count, now ?? Noon, LeaseUntil((now ?? Noon).AddSeconds(30)) with { StartedAt = now ?? Noon }, Ct);

    private async Task<Claim> ClaimOneAsync(string id)
    {
        await EnqueueAsync(id);
        return Assert.Single((await ClaimAsync()).Entries);
    }

    private async Task DeadLetterAsync(string id, string function = "hello")
    {
        await EnqueueAsync(id, lane: function, function: function);
        var claim = Assert.Single((await ClaimAsync(lane: function)).Entries);
        Assert.True(await Queue.EndAsync(End(claim.Key, InvocationState.DeadLettered) with { Reason = "too often", Failures = 1, At = DateTimeOffset.MaxValue.AddYears(-1000) }, Ct));
    }

    private async Task<IEnumerable<string>> DeadAsync(string? function) =>
        (await Queue.ListAsync(InvocationState.DeadLettered, function, null, 100, Ct)).Select(letter => letter.Entry.Id);
}
