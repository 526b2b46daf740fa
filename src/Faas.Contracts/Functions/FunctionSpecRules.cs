namespace Faas.Contracts.Functions;

/// <summary>The limits of a <see cref="FunctionSpec"/>, checked by the CLI for early answers and by the controller for good.</summary>
public static class FunctionSpecRules
{
    /// <summary>Every rule that <paramref name="spec"/> breaks, each a sentence that says what to write instead; empty when it is valid.</summary>
    public static IReadOnlyList<SpecProblem> Check(FunctionSpec spec)
    {
        var problems = new List<SpecProblem>();
        void Require(bool holds, string field, string message)
        {
            if (!holds)
            {
                problems.Add(new SpecProblem(field, message));
            }
        }

        Require(FunctionName.IsValid(spec.Name), "name",
            "must be 1 to 63 of a-z, 0-9 and inner hyphens, optionally followed by '.namespace' of the same form");
        Require(Runtimes.All.Contains(spec.Runtime), "runtime", $"'{Shorten(spec.Runtime)}' is not a runtime; use one of {string.Join(", ", Runtimes.All)}");
        Require(spec.MemoryMiB is >= 64 and <= 65_536, "memory", $"was {spec.MemoryMiB} MiB; must be 64 to 65,536 MiB");
        Require(spec.Cpu is >= 0.05 and <= 64, "cpu", $"was {spec.Cpu}; must be 0.05 to 64 cores");
        Require(spec.Timeout >= TimeSpan.FromMilliseconds(10) && spec.Timeout <= TimeSpan.FromHours(1), "timeout", $"was {spec.Timeout}; must be 10ms to 1h");
        Require(spec.Concurrency is >= 1 and <= 1000, "concurrency", $"was {spec.Concurrency}; must be 1 to 1,000");
        Require(spec.MaxInstances is >= 1 and <= 1000, "maxInstances", $"was {spec.MaxInstances}; must be 1 to 1,000");
        Require(spec.MinInstances >= 0 && spec.MinInstances <= spec.MaxInstances, "minInstances",
            $"was {spec.MinInstances}; must be 0 to maxInstances ({spec.MaxInstances})");
        Require(spec.MinActive >= 0 && spec.MinActive <= spec.MaxInstances, "minActive", $"was {spec.MinActive}; must be 0 to maxInstances ({spec.MaxInstances})");
        Require(spec.KeepAlive is null || (spec.KeepAlive >= TimeSpan.FromSeconds(1) && spec.KeepAlive <= TimeSpan.FromHours(24)),
            "keepAlive", $"was {spec.KeepAlive}; must be 1s to 24h, or left out to have it learned");
        Require(spec.Warm.Count <= 16, "warm", $"has {spec.Warm.Count} windows; must have at most 16");
        foreach (var (index, window) in spec.Warm.Index())
        {
            var field = $"warm[{index}]";
            Require(window.For >= TimeSpan.FromMinutes(1) && window.For <= TimeSpan.FromDays(7), field, $"'for' was {window.For}; must be 1m to 7d (168h)");
            Require(window.Instances >= 1 && window.Instances <= spec.MaxInstances, field, $"'instances' was {window.Instances}; must be 1 to maxInstances ({spec.MaxInstances})");
            Require(window.Cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 5, field,
                $"'{Shorten(window.Cron)}' is not a cron expression; it has five fields, like '0 8 * * MON-FRI'");
            Require(TimeZoneInfo.TryFindSystemTimeZoneById(window.TimeZone, out _), field, $"'{Shorten(window.TimeZone)}' is not a time zone; use a name like Europe/Berlin or UTC");
        }

        AsyncSpecRules.Check(spec.Async ?? AsyncSpec.Default, Require);
        TriggerSpecRules.Check(spec.Triggers ?? [], spec.Async ?? AsyncSpec.Default, Require);
        var isHttp = spec.Runtime == Runtimes.Http;
        Require(!isHttp || spec.Command.Count > 0 != (spec.Image is not null), "command", "an http function needs either a command or an image, not both");
        Require(isHttp || (spec.Command.Count == 0 && spec.Image is null), "command", "only functions with 'runtime: http' have a command or an image");
        Require(!isHttp || spec.Handler is null, "handler", "an http function has no handler; its command serves HTTP on $PORT");
        Require(spec.Image is null || spec.Network == NetworkKind.Egress, "network", "an image is reached over its bridge network, so it needs 'network: egress'");
        Require(spec.Image is not null || spec.CodeDigest is { Length: 64 }, "code", "the function has no code; upload a bundle first");

        foreach (var (key, value) in spec.Env)
        {
            Require(key.Length is > 0 and <= 256 && !key.Contains('=', StringComparison.Ordinal) && !key.Contains('\0', StringComparison.Ordinal) && !value.Contains('\0', StringComparison.Ordinal),
                "env", $"'{Shorten(key)}' is not a usable environment variable: names have no '=', neither part a NUL");
            Require(!key.StartsWith("FAAS_", StringComparison.Ordinal) && key != "PORT", "env", $"'{Shorten(key)}' is set by the platform; choose another name");
        }

        return problems;
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}

/// <summary>One broken rule: the manifest's field (<c>memory</c>, or <c>warm[1]</c> for the second of a list) and a sentence about it.</summary>
public sealed record SpecProblem(string Field, string Message);
