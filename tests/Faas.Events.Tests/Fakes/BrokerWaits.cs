using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

/// <summary>What tests of brokers' triggers wait for.</summary>
internal static class BrokerWaits
{
    /// <summary>What goes by at each look: enough for what is tried again after a pause, and so little that a busy machine renews its leases in time.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>The trigger once it is as a test wants it. Time goes by meanwhile, so that what has failed is tried again.</summary>
    public static Task<TriggerDescription> AfterTriesAsync(this EventsFixture events, string id, Func<TriggerDescription, bool> condition) =>
        events.TriggerAsync(id, found =>
        {
            events.Clock.Advance(Step);
            return condition(found);
        });

    /// <summary>The trigger once it is failing and says so with <paramref name="text"/>.</summary>
    public static async Task<TriggerDescription> FailingAsync(this EventsFixture events, string id, string text)
    {
        var failing = await events.AfterTriesAsync(id, trigger => trigger.State == TriggerState.Failing);
        Assert.Contains(text, failing.Detail, StringComparison.Ordinal);
        return failing;
    }

    /// <summary>The trigger once it works and has so many events waiting, as it is told every five seconds.</summary>
    public static Task<TriggerDescription> LagAsync(this EventsFixture events, string id, long lag) =>
        events.AfterTriesAsync(id, trigger => trigger.State == TriggerState.Running && trigger.Lag == lag);

    /// <summary>Everything that has run once <paramref name="count"/> different events have ended well.</summary>
    public static async Task<IReadOnlyList<string>> SucceededAsync(this EventsFixture events, string id, int count)
    {
        await events.AfterTriesAsync(id, _ => events.Transport.Ran.DistinctBy(claim => TextOf(claim)).Count() >= count);
        foreach (var ran in events.Transport.Ids.Distinct())
        {
            Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync(ran)).State);
        }

        return [.. events.Transport.Ran.Select(TextOf)];
    }

    /// <summary>The event that an attempt was given.</summary>
    public static JsonElement EventOf(Claim claim)
    {
        using var document = JsonDocument.Parse(claim.Body);
        return document.RootElement.Clone();
    }

    /// <summary>Its data as text.</summary>
    public static string TextOf(Claim claim) => EventOf(claim).GetProperty("data") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : EventOf(claim).GetProperty("data").GetRawText();

    /// <summary>An attribute of it; null when it has none of that name.</summary>
    public static string? Attribute(this JsonElement sent, string name) => sent.TryGetProperty(name, out var value) ? value.GetString() : null;
}
