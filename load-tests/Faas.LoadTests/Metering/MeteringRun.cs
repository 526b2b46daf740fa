using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.LoadTests.Chaos;
using Faas.LoadTests.Scaling;

namespace Faas.LoadTests.Metering;

/// <summary>
/// Calls at a constant rate while gateway and controller are killed: each answer that came has exactly one record in the ledger, and what is recorded beyond was in flight at a kill.
/// </summary>
internal sealed class MeteringRun : IDisposable
{
    private const int ToldMax = 20;

    /// <summary>Two of each runtime: several functions share chunks, segments and sums.</summary>
    private const int FunctionsOfRuntime = 2;

    /// <summary>The kernel closes a killed process's connections at once; this client may have to wait for a processor.</summary>
    private static readonly TimeSpan CutWithin = TimeSpan.FromSeconds(5);

    private readonly Arguments _arguments;
    private readonly Target _target;
    private readonly QueueWatch _platform;
    private readonly Killer _killer;
    private readonly CallBook _book;
    private readonly int _calls;
    private readonly double _rate;
    private int _kills;
    private TimeSpan _sending;

    private MeteringRun(Arguments arguments)
    {
        _arguments = arguments;
        _target = Target.Open(arguments["data"]);
        _platform = new QueueWatch(_target);
        var parts = (arguments.Text("kill") ?? "gateway,controller,both").Split(',', StringSplitOptions.RemoveEmptyEntries);
        _killer = new Killer(parts, _target, new Victims(_target.Folder, "process", ""), serverPidFile: null);
        _rate = arguments.Number("rate", 5000);
        _calls = (int)(_rate * arguments.Number("seconds", 10));
        _book = new CallBook(_calls * arguments.Number("rounds", 5));
    }

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var run = new MeteringRun(arguments);
        var functions = await run.DeployAsync(cancellationToken);
        for (var round = 1; round <= arguments.Number("rounds", 5); round++)
        {
            await run.RoundAsync(round, functions, cancellationToken);
        }

        return await run.AuditAsync(cancellationToken);
    }

    public void Dispose() => _target.Dispose();

    private async Task<IReadOnlyList<string>> DeployAsync(CancellationToken cancellationToken)
    {
        List<string> names = [];
        foreach (var runtime in (_arguments.Text("runtimes") ?? string.Join(',', Target.HandlerRuntimes)).Split(','))
        {
            var digest = await _target.UploadHelloAsync(runtime, cancellationToken);
            for (var i = 0; i < FunctionsOfRuntime; i++)
            {
                // Names of one length; instances that stay, so that cold starts are not what is measured.
                names.Add(string.Create(CultureInfo.InvariantCulture, $"metered-{names.Count:00}"));
                await _target.DeployAsync(
                    Target.Hello(names[^1], runtime) with { CodeDigest = digest, MemoryMiB = 128, Concurrency = 16, MaxInstances = 2, KeepAlive = TimeSpan.FromMinutes(10) }, cancellationToken);
            }
        }

        return names;
    }

    /// <summary>Sends a round's calls among kills.</summary>
    private async Task RoundAsync(int round, IReadOnlyList<string> functions, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((_arguments.Number("seed", 1) * 1_000_003) + round));
        using var callers = new MeteredCallers(_target.Callers, functions, _book) { WasGatewayKilled = () => _killer.HasKilledGateway(CutWithin) };
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = _killer.KillAsync(_arguments.Number("kills", 2), () => (double)callers.Sent / _calls, random, enough.Token);
        Console.Error.WriteLine($"round {round}: {_calls} calls");
        try
        {
            var took = await callers.CallAsync((round - 1) * _calls, _calls, _rate, cancellationToken);
            _sending += took;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {_calls / took.TotalSeconds:0} calls/s while a gateway listened"));
        }
        catch
        {
            await enough.CancelAsync();
            throw;
        }
        finally
        {
            _kills += await killing;   // the last may come after the last call, while the ledger catches up
        }
    }

    private async Task<bool> AuditAsync(CancellationToken cancellationToken)
    {
        await _platform.FindAsync<object>("/v1/platform", cancellationToken);   // the controller is back
        var isIngested = await new JournalWatch(_target.Folder).UntilIngestedAsync(cancellationToken);
        if (!isIngested)
        {
            Console.Error.WriteLine($"NOT INGESTED {new JournalWatch(_target.Folder).Waiting()} records still wait in the journal");
        }

        var disagreements = await new LedgerAudit(_target, _book).RunAsync(cancellationToken);
        foreach (var one in disagreements)
        {
            Console.Error.WriteLine($"DISAGREE {one}");
        }

        foreach (var one in _book.Wrong(ToldMax))
        {
            Console.Error.WriteLine($"WRONG {one}");
        }

        foreach (var (failure, count) in _book.Failures.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            Console.Error.WriteLine($"{count} answers: {failure}");
        }

        var tally = _book.Tally();
        Console.WriteLine(ToLine(tally, disagreements.Count == 0));
        return tally.Passed && isIngested && disagreements.Count == 0;
    }

    private string ToLine(CallTally tally, bool sumsAgree) => JsonSerializer.Serialize(new
    {
        answered = tally.Answered,
        recorded = tally.Recorded,
        missing = tally.Missing,
        @double = tally.Double,
        beyond = tally.Beyond,
        inFlight = tally.InFlight,
        unexplained = tally.Unexplained + tally.Strangers,
        refused = tally.Refused,
        notSent = tally.NotSent,
        kills = _kills,
        sumsAgree,
        callsPerSecond = (int)(_book.Count / _sending.TotalSeconds),
    });
}
