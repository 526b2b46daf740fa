using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.LoadTests.Chaos;

/// <summary>Asks a platform whose parts are being killed: what is not answered is asked again.</summary>
internal sealed class QueueWatch(Target target)
{
    /// <summary>Far above a lease (30 s) and the longest pause before a part is started again (10 s), on a machine that is busy with other things.</summary>
    private static readonly TimeSpan EmptyWithin = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>Waits until nothing waits, runs or is being delivered.</summary>
    public async Task UntilEmptyAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (await FindAsync<QueueSummary[]>("/v1/queue", cancellationToken) is not { } lanes || lanes.Any(lane => lane.Waiting + lane.Running + lane.Deliveries > 0))
        {
            if (_time.GetElapsedTime(began) > EmptyWithin)
            {
                throw new InvalidOperationException($"The queue is not empty after {EmptyWithin.TotalMinutes} minutes:\n{await WhatIsLeftAsync(cancellationToken)}");
            }

            await Task.Delay(AskEvery, _time, cancellationToken);
        }
    }

    /// <summary>What the management API says at an address; null when it knows nothing there.</summary>
    public async Task<T?> FindAsync<T>(string address, CancellationToken cancellationToken)
        where T : class
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await target.FindAsync<T>(address, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException && _time.GetElapsedTime(began) < AnswersWithin)
            {
                await Task.Delay(AskEvery, _time, cancellationToken);   // it was killed, or its store was
            }
        }
    }

    private async Task<string> WhatIsLeftAsync(CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var state in (string[])["queued", "running"])
        {
            foreach (var entry in await FindAsync<JsonElement[]>($"/v1/queue/entries?state={state}&limit=20", cancellationToken) ?? [])
            {
                left.Add(entry.GetRawText());
            }
        }

        return string.Join('\n', left);
    }
}
