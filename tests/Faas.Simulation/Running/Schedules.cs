using System.Text.Json;

namespace Faas.Simulation.Running;

/// <summary>Runs many schedules, one world on each thread.</summary>
internal static class Schedules
{
    private const int FailuresKept = 20;

    /// <summary>A number that stands for all that happens in the first schedules.</summary>
    public static ulong Fingerprint() => Enumerable.Range(1, 50).Aggregate(0UL, static (sum, seed) => (sum * 31) + new Schedule(seed).Run().Hash);

    /// <summary>Runs <paramref name="count"/> schedules with the seeds from <paramref name="seed"/> on.</summary>
    public static SchedulesResult Run(int seed, int count)
    {
        var failures = new List<ScheduleResult>();
        var ahead = default(AheadCounts);
        long steps = 0, requests = 0, failed = 0, next = seed;
        var threads = new Thread[Environment.ProcessorCount];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                for (long at; (at = Interlocked.Increment(ref next) - 1) < (long)seed + count;)
                {
                    var result = new Schedule((int)at).Run();
                    Interlocked.Add(ref steps, result.Steps);
                    Interlocked.Add(ref requests, result.Requests);
                    lock (failures)
                    {
                        ahead += result.Ahead;
                    }

                    if (result.Failure is not null)
                    {
                        Interlocked.Increment(ref failed);
                        lock (failures)
                        {
                            failures.Add(result);
                            failures.Sort(static (a, b) => a.Seed.CompareTo(b.Seed));
                            failures.RemoveRange(Math.Min(FailuresKept, failures.Count), Math.Max(0, failures.Count - FailuresKept));
                        }
                    }
                }
            });
            threads[i].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        return new SchedulesResult(count, failed, steps, requests, ahead, seed, failures);
    }
}

/// <summary>What came of many schedules.</summary>
internal sealed record SchedulesResult(int Count, long FailureCount, long Steps, long Requests, AheadCounts Ahead, int Seed, IReadOnlyList<ScheduleResult> Failures)
{
    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { schedules = Count, failures = FailureCount, steps = Steps, requests = Requests, sentAhead = Ahead.Sent, recalled = Ahead.Recalled, givenBack = Ahead.GivenBack, seed = Seed });
}
