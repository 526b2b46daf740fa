using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>The warm path's measurement measures something; what comes out is not judged here, where machines are shared.</summary>
public sealed class LoadTestTests
{
    private static readonly string[] Scenarios = ["hello-16-shared", "echo-10k"];

    [Fact]
    public async Task The_warm_path_is_measured_by_one_command()
    {
        foreach (var program in (string[])["nginx", "wrk"])
        {
            Assert.SkipUnless(IsInstalled(program), $"{program} is not installed; tests/run.sh installs it as root on Debian");
        }

        var folder = Directory.CreateTempSubdirectory("faas-warm").FullName;
        try
        {
            var result = Path.Combine(folder, "result.json");
            var run = (await Command.RunAsync("bash",
            [
                Path.Combine(Repository.Root, "load-tests/run.sh"), "--quick", "--rounds", "1", "--seconds", "1", "--warm-up", "1",
                "--scenario", string.Join(',', Scenarios), "--result", result,
            ])).Succeeded();
            Assert.Equal(result, run.Output.TrimEnd().Split('\n')[^1]);
            AssertMeasured(await File.ReadAllLinesAsync(result, TestContext.Current.CancellationToken));
            Assert.Contains("| platform |", await File.ReadAllTextAsync(Path.ChangeExtension(result, ".md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertMeasured(string[] lines)
    {
        var results = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Scenarios, results.Select(result => result.GetProperty("scenario").GetString()));
        foreach (var result in results)
        {
            Assert.Empty(result.GetProperty("failedRuns").EnumerateArray());
            foreach (var name in (string[])["platform", "nginx", "yarp", "direct"])
            {
                Assert.True(result.GetProperty($"{name}Rps").GetDouble() > 0, $"{name}: {result}");
                Assert.True(result.GetProperty($"{name}P99Ms").GetDouble() > 0, $"{name}: {result}");
            }

            Assert.True(result.GetProperty("gatewayCpuMicros").GetDouble() > 0, $"{result}");
        }
    }

    private static bool IsInstalled(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, program)));
}
