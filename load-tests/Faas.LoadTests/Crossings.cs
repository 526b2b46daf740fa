using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>
/// Callers at the very moment at which instances are stopped. Each function has one caller that pauses for about the keep-alive time: a little
/// longer after a warm answer, a little shorter after a cold one, so that its calls come to lie around the moment itself.
/// </summary>
internal static class Crossings
{
    private const int Functions = 24;
    private const double JitterMs = 40;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var names = await DeployAsync(target, cancellationToken);
        var tally = new Tally(arguments.Number("crossings"));
        var seeds = new Random(17);
        await Task.WhenAll(names.Select(name =>
        {
            var random = new Random(seeds.Next());
            return Task.Factory.StartNew(() => Cross(target, name, random, tally, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }));
        Console.WriteLine(JsonSerializer.Serialize(new { crossings = tally.Cold, calls = tally.Calls, nonSuccess = tally.Failed, failures = tally.Failures }));
    }

    private static async Task<List<string>> DeployAsync(Target target, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        foreach (var runtime in Target.HandlerRuntimes)
        {
            var digest = await target.UploadHelloAsync(runtime, cancellationToken);
            for (var i = 0; i < Functions / Target.HandlerRuntimes.Count; i++)
            {
                var spec = Target.Hello($"cross-{runtime}-{i}", runtime) with { CodeDigest = digest };
                await target.DeployAsync(spec, cancellationToken);
                names.Add(spec.Name);
            }
        }

        return names;
    }

    private static void Cross(Target target, string name, Random random, Tally tally, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        var caller = new Caller(target.Callers);
        try
        {
            while (!tally.IsDone && !cancellationToken.IsCancellationRequested)
            {
                var jitter = TimeSpan.FromMilliseconds((random.NextDouble() - 0.5) * JitterMs);
                cancellationToken.WaitHandle.WaitOne(pause + jitter);
                bool wasCold;
                try
                {
                    var call = caller.Invoke(name);
                    tally.Add(call);
                    wasCold = call.ColdMs > 0;
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
                {
                    tally.Add(e);
                    caller.Dispose();
                    caller = new Caller(target.Callers);
                    wasCold = false;
                }

                pause += wasCold ? -Step : Step;
                pause = pause < PauseMin ? PauseMin : pause > PauseMax ? PauseMax : pause;
            }
        }
        finally
        {
            caller.Dispose();
        }
    }

    private sealed class Tally(int wanted)
    {
        private const int FailuresShown = 5;
        private readonly Lock _lock = new();

        public int Calls { get; private set; }

        public int Cold { get; private set; }

        public int Failed { get; private set; }

        public List<string> Failures { get; } = [];

        public bool IsDone
        {
            get
            {
                lock (_lock)
                {
                    return Cold >= wanted;
                }
            }
        }

        public void Add(Call call) => Add(call.ColdMs > 0, call.IsSuccess ? null : $"{call.Status} {call.Text}");

        public void Add(Exception failure) => Add(false, failure.Message);

        private void Add(bool isCold, string? failure)
        {
            lock (_lock)
            {
                Calls++;
                Cold += isCold ? 1 : 0;
                Failed += failure is null ? 0 : 1;
                if (failure is not null && Failures.Count < FailuresShown)
                {
                    Failures.Add(failure);
                }

                if (isCold && Cold % 50 == 0)
                {
                    Console.Error.WriteLine($"{Cold} crossings, {Calls} calls, {Failed} other than 2xx");
                }
            }
        }
    }
}
