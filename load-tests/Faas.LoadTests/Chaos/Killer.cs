using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Faas.LoadTests.Scaling;

namespace Faas.LoadTests.Chaos;

/// <summary>Kills parts of a platform that this harness was given: each is looked up by its parent or its folder just before. Whoever supervises a part starts it again.</summary>
internal sealed class Killer
{
    private const string Instance = "instance";
    private const string Redis = "redis";
    private const string Broker = "broker";
    private const string Controller = "controller";
    private const string Gateway = "gateway";

    /// <summary>Controller and gateway at the same moment.</summary>
    private const string Both = "both";

    /// <summary>How long a part that was killed before is waited for.</summary>
    private static readonly TimeSpan ThereWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly IReadOnlyList<string> _parts;
    private readonly int _up;
    private readonly Victims _victims;
    private readonly string? _serverPidFile;
    private long _gatewayKilledAt;

    public Killer(IReadOnlyList<string> parts, Target target, Victims victims, string? serverPidFile)
    {
        if (parts.FirstOrDefault(part => part is not (Controller or Gateway or Both or Instance or Redis or Broker)) is { } unknown)
        {
            throw new ArgumentException($"--kill: '{unknown}' is none of controller, gateway, both, instance, redis, broker");
        }

        if (parts.Any(IsServer) && serverPidFile is null)
        {
            throw new ArgumentException("--kill redis needs --redis-pid FILE, and --kill broker needs --broker-pid FILE");
        }

        (_parts, _up, _victims, _serverPidFile) = (parts, target.Up, victims, serverPidFile);
    }

    /// <summary>
    /// Kills so many times at moments drawn from <paramref name="random"/>, by how much of the round has been sent: the first four fifths while events come, the others while what
    /// waits is run. Ends early when <paramref name="enough"/> says so. Returns how many it killed.
    /// </summary>
    /// <param name="count">Kills.</param>
    /// <param name="sent">The part of the round's events that has been sent, 0 to 1.</param>
    /// <param name="random">Draws moments and parts.</param>
    /// <param name="enough">Ends it.</param>
    public async Task<int> KillAsync(int count, Func<double> sent, Random random, CancellationToken enough)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var moments = Enumerable.Range(0, count).Select(_ => (At: random.NextDouble() * 1.25, Part: _parts[random.Next(_parts.Count)], Seed: random.Next())).OrderBy(moment => moment.At).ToList();
        var kills = 0;
        try
        {
            foreach (var (at, part, seed) in moments)
            {
                while (sent() < Math.Min(at, 1))
                {
                    await Task.Delay(LookEvery, time, enough);
                }

                // After the last event a quarter of a round is two seconds; before, a fraction of a second keeps kills from always hitting the same step of a caller.
                var own = new Random(seed);
                await Task.Delay(TimeSpan.FromSeconds((Math.Max(0, at - 1) * 4) + (own.NextDouble() * 0.3)), time, enough);
                var pid = await KillOneAsync(part, own, enough);
                kills += pid != 0 ? 1 : 0;
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  {time.GetElapsedTime(began).TotalSeconds,6:0.00} s  {(pid != 0 ? $"killed {part} {pid}" : $"no {part} to kill")}, {sent() * 100:0} % sent"));
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // The round is over before its kills.
        }

        return kills;
    }

    /// <summary>Whether the gateway was killed within the last <paramref name="time"/>.</summary>
    public bool HasKilledGateway(TimeSpan time) => Volatile.Read(ref _gatewayKilledAt) is var at && at != 0 && TimeProvider.System.GetElapsedTime(at) < time;

    private static bool IsServer(string part) => part is Redis or Broker;

    private async Task<int> KillOneAsync(string part, Random random, CancellationToken enough)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        int pid;
        while ((pid = TryKill(part, random)) == 0 && time.GetElapsedTime(began) < ThereWithin)
        {
            await Task.Delay(LookEvery, time, enough);
        }

        return pid;
    }

    /// <summary>The pid of what was killed; 0 when there was nothing.</summary>
    private int TryKill(string part, Random random)
    {
        if (part == Instance)
        {
            return _victims.KillOne(random) ?? 0;
        }

        if (part == Both)
        {
            var (controller, gateway) = (TryKill(Controller, random), TryKill(Gateway, random));
            return controller != 0 ? controller : gateway;
        }

        try
        {
            var pid = IsServer(part) ? ServerPid() : ProcessFiles.Find(_up, $"faas-{part}");
            using var process = Process.GetProcessById(pid);
            if (part == Gateway)
            {
                Volatile.Write(ref _gatewayKilledAt, TimeProvider.System.GetTimestamp());   // before the first connection notices
            }

            process.Kill();   // SIGKILL
            return pid;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception or IOException)
        {
            return 0;   // it is away, or went at this moment
        }
    }

    // A number may be somebody else's by now; what names the file's folder or runs in it is ours.
    private int ServerPid()
    {
        var folder = Path.GetDirectoryName(_serverPidFile)!;
        var isNumber = int.TryParse(File.ReadAllText(_serverPidFile!), CultureInfo.InvariantCulture, out var pid);
        return isNumber && (File.ReadAllText($"/proc/{pid}/cmdline").Contains(folder, StringComparison.Ordinal) || IsIn(folder, $"/proc/{pid}/cwd"))
            ? pid
            : throw new InvalidOperationException("It is being started.");
    }

    private static bool IsIn(string folder, string link) => new FileInfo(link).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true;
}
