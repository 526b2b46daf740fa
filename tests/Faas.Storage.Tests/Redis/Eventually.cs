namespace Faas.Storage.Tests.Redis;

/// <summary>Waits for what sends no event: looks again and again until a generous deadline.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything takes on a busy machine, so that running into it means failure.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task HoldsAsync(string what, Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"Not within {Deadline.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
