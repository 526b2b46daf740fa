using System.Collections.Concurrent;
using System.Threading.Channels;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

/// <summary>Runs entries as a test says: by default each succeeds at once.</summary>
internal sealed class FakeTransport : IAttemptTransport
{
    private readonly ConcurrentQueue<Claim> _ran = new();
    private readonly Channel<string> _began = Channel.CreateUnbounded<string>();
    private int _running;
    private int _most;

    public Func<Claim, CancellationToken, Task<AttemptResult>> Run { get; set; } = (_, _) => Task.FromResult(Answer(200, "done"));

    /// <summary>Every attempt so far, in the order of their beginnings.</summary>
    public IReadOnlyList<Claim> Ran => [.. _ran];

    public IEnumerable<string> Ids => _ran.Select(claim => claim.Entry.Id);

    /// <summary>The most that ran at the same time.</summary>
    public int Most => _most;

    public static AttemptResult Answer(int status, string text) => new()
    {
        Progress = AttemptProgress.Ended,
        Status = status,
        Answer = new StoredAnswer(status, [new HeaderField("Content-Type", "text/plain")], System.Text.Encoding.UTF8.GetBytes(text), text.Length, null),
    };

    public static AttemptResult Failure(InvocationError error) => new() { Progress = AttemptProgress.Ended, Error = error, Status = 500, Detail = "it failed" };

    /// <summary>Completes when another attempt has begun.</summary>
    public Task BeganAsync() => _began.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    /// <summary>Runs until it is told to stop.</summary>
    public static async Task<AttemptResult> UntilStoppedAsync(CancellationToken ct)
    {
        await new TaskCompletionSource().Task.WaitAsync(ct);
        return Answer(200, "");
    }

    public async Task<AttemptResult> RunAsync(Claim claim, CancellationToken ct)
    {
        _ran.Enqueue(claim);
        InterlockedMax(ref _most, Interlocked.Increment(ref _running));
        _began.Writer.TryWrite(claim.Entry.Id);
        try
        {
            return await Run(claim, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
