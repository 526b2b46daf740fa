namespace Faas.LoadTests.Scaling;

/// <summary>Asks the management API for a function's instances while a load runs.</summary>
internal sealed class InstanceCount : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _end;
    private readonly Task _watching;

    public InstanceCount(Target target, string function, CancellationToken cancellationToken)
    {
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watching = WatchAsync(target, function, _end.Token);
    }

    /// <summary>Most at the same time.</summary>
    public int Most { get; private set; }

    /// <summary>At the last look.</summary>
    public int Last { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync(Target target, string function, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                Last = (await target.DescribeAsync(function, cancellationToken)).Summary.Instances;
                Most = Math.Max(Most, Last);
                await Task.Delay(Interval, TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
    }
}
