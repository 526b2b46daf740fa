using System.Runtime.CompilerServices;

namespace Faas.Events.Tests;

/// <summary>Waits for what a server or a platform does, which sends a test no event: looks again and again until a generous deadline.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything takes on a busy machine, thousands of Kafka messages among it, so that running into it means failure.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Slowly = TimeSpan.FromMilliseconds(1);

    /// <summary>Waits in real time. The clock of <paramref name="events"/> goes on meanwhile, slowly where <paramref name="step"/> says nothing else: what failed once is tried again.</summary>
    public static Task HoldsAsync(
        Func<bool> condition, EventsFixture? events = null, TimeSpan? step = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        HoldsAsync(() => Task.FromResult(condition()), events, step, what);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, EventsFixture?, TimeSpan?, string)"/>
    public static async Task HoldsAsync(
        Func<Task<bool>> condition, EventsFixture? events = null, TimeSpan? step = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, $"Not within {Deadline.TotalSeconds:0} s: {what}. {StateOf(events)}");
            await timer.WaitForNextTickAsync(EventsFixture.Ct);
            events?.Clock.Advance(step ?? Slowly);
        }
    }

    private static string StateOf(EventsFixture? events) =>
        events is null ? "" : $"{events.Transport.Ran.Count} attempts. {string.Join("; ", events.Triggers.List(null))}";
}
