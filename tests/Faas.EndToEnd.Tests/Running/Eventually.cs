namespace Faas.EndToEnd.Tests.Running;

/// <summary>Waits for what another process does, which sends no event: looks again and again until a generous deadline.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything takes on a busy machine, so that running into it means failure.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Task HoldsAsync(string what, Func<bool> condition, TimeSpan? deadline = null) =>
        HoldsAsync(what, () => Task.FromResult(condition()), deadline);

    public static async Task HoldsAsync(string what, Func<Task<bool>> condition, TimeSpan? deadline = null) =>
        await GivesAsync(what, async () => await condition() ? "" : null, deadline);

    /// <summary>The first value that is not null.</summary>
    public static async Task<T> GivesAsync<T>(string what, Func<Task<T?>> look, TimeSpan? deadline = null)
        where T : class
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var limit = deadline ?? Deadline;
        using var timer = new PeriodicTimer(Pause, time);
        while (true)
        {
            if (await look() is { } value)
            {
                return value;
            }

            Assert.True(time.GetElapsedTime(start) < limit, $"Not within {limit.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
