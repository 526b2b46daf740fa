using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What load-tests/chaos.sh does for as long as one likes, with small numbers: the same tool on a platform of the tests, which also looks that nothing is left behind.</summary>
public sealed class ChaosTests
{
    private const int Rounds = 2;
    private const int Events = 300;
    private const int KillsInRound = 4;

    [Fact]
    public async Task No_accepted_event_is_lost_when_controller_gateway_and_instances_are_killed()
    {
        Assert.True(File.Exists(Repository.LoadTests), $"{Repository.LoadTests} is not built");
        await using var platform = await Platform.StartAsync(new PlatformOptions { Sandbox = "process" });
        var run = (await Command.RunAsync(Repository.LoadTests,
        [
            "chaos", "--data", platform.Folder.Root, "--store", "sqlite", "--rounds", $"{Rounds}", "--events", $"{Events}", "--rate", "100", "--kills", $"{KillsInRound}",
            "--seed", "7",
        ])).Succeeded();

        var result = JsonDocument.Parse(Assert.Single(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
        int Of(string name) => result.GetProperty(name).GetInt32();
        Assert.InRange(Of("kills"), Rounds, Rounds * KillsInRound);
        Assert.InRange(Of("accepted"), Events, Rounds * Events);   // a killed gateway breaks its callers' connections, and no more
        Assert.Equal(Of("accepted"), Of("completed"));
        Assert.Equal((0, 0, 0, 0), (Of("deadLettered"), Of("lost"), Of("unexplained"), Of("misbilled")));
    }
}
