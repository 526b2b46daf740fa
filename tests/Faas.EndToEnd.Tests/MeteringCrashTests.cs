using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What load-tests/metering.sh does for as long as one likes, with small numbers.</summary>
public sealed class MeteringCrashTests
{
    private const int Rounds = 2;
    private const int Calls = 1500;

    [Fact]
    public async Task Each_answer_has_exactly_one_record_when_gateway_and_controller_are_killed()
    {
        Assert.True(File.Exists(Repository.LoadTests), $"{Repository.LoadTests} is not built");
        await using var platform = await Platform.StartAsync(new PlatformOptions { Sandbox = "process" });
        var run = (await Command.RunAsync(Repository.LoadTests,
        [
            "metering", "--data", platform.Folder.Root, "--rounds", $"{Rounds}", "--rate", "500", "--seconds", $"{Calls / 500}", "--kills", "2", "--seed", "7", "--runtimes", "python",
        ])).Succeeded();

        var result = JsonDocument.Parse(Assert.Single(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
        int Of(string name) => result.GetProperty(name).GetInt32();
        Assert.InRange(Of("kills"), 1, Rounds * 2);
        Assert.Equal(Rounds * Calls, Of("answered") + Of("refused") + Of("inFlight") + Of("notSent"));
        Assert.InRange(Of("answered"), Calls, Rounds * Calls);
        Assert.Equal(Of("answered") + Of("beyond"), Of("recorded"));
        Assert.Equal((0, 0, 0), (Of("missing"), Of("double"), Of("unexplained")));
        Assert.InRange(Of("beyond"), 0, Of("inFlight"));
        Assert.True(result.GetProperty("sumsAgree").GetBoolean());
    }
}
