using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events.Tests;

/// <summary>Triggers of no real kind, deployed as a <see cref="TriggerSpec"/> with only a name, or of the kind that it stands in for: their source does what a test says.</summary>
internal sealed class FakeKind(string name = "") : ITriggerKind, ITriggerSource
{
    private int _runs;
    private int _running;

    public string Name => name;

    /// <summary>What the source does; by default it waits for ever.</summary>
    public Func<TriggerContext, CancellationToken, Task> Run { get; set; } = (_, ct) => new TaskCompletionSource().Task.WaitAsync(ct);

    /// <summary>How often it was run.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>How many run now.</summary>
    public int Running => Volatile.Read(ref _running);

    public string? ProblemOf(string id, TriggerSpec spec) => null;

    public ITriggerSource CreateSource() => this;

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;

    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        Interlocked.Increment(ref _runs);
        Interlocked.Increment(ref _running);
        try
        {
            await Run(context, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
