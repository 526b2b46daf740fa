using System.Text.Json;
using Faas.Contracts.Api;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What functions write becomes log lines of the invocation that wrote them.</summary>
public abstract class LogTests(SharedPlatform shared) : PlatformTests(shared)
{
    [Theory]
    [InlineData("echo.py", "echo-log")]
    [InlineData("log.js", "node-log")]
    [InlineData("Log.cs", "csharp-log")]
    public async Task Lines_belong_to_the_invocation_that_wrote_them(string file, string name)
    {
        await Platform.DeployAsync(name, file, spec => spec with { Concurrency = 4 });
        var ids = Enumerable.Range(0, 8).Select(_ => TestFunctions.NewName("call")).ToList();
        await Task.WhenAll(ids.Select(id => Platform.CallAsync($"{name}/log", callId: id).TextAsync()));
        foreach (var id in ids)
        {
            IReadOnlyList<LogLine> lines = [];
            await Eventually.HoldsAsync($"two lines of {id}", async () => (lines = await Admin.LogsAsync(name, $"invocation={id}")).Count >= 2);
            Assert.Equal(2, lines.Count);
            Assert.All(lines, line => Assert.Equal(id, line.InvocationId));
            Assert.Contains(lines, line => (line.Stream, line.Text) == ("stdout", $"to stdout from {id}"));
            Assert.Contains(lines, line => (line.Stream, line.Text) == ("stderr", $"to stderr from {id}"));
        }
    }

    [Fact]
    public async Task Lines_are_asked_for_by_level_text_and_time()
    {
        await Platform.DeployAsync("echo-log", "echo.py");
        var id = TestFunctions.NewName("asked");
        await Platform.CallAsync("echo-log/log", callId: id).TextAsync();
        await Eventually.HoldsAsync($"two lines of {id}", async () => (await Admin.LogsAsync("echo-log", $"invocation={id}")).Count == 2);
        Assert.Equal("stderr", Assert.Single(await Admin.LogsAsync("echo-log", $"invocation={id}&level=error")).Stream);
        Assert.Equal("stdout", Assert.Single(await Admin.LogsAsync("echo-log", $"since=1h&grep=stdout.*{id}")).Stream);
        Assert.Empty(await Admin.LogsAsync("echo-log", $"invocation={id}&until=1h"));
    }

    [Fact]
    public async Task A_follower_sees_lines_as_they_are_written()
    {
        await Platform.DeployAsync("echo-log", "echo.py");
        using var response = await Admin.Http.GetAsync("/v1/functions/echo-log/logs?tail=0&follow=true", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        var id = TestFunctions.NewName("followed");
        await Platform.CallAsync("echo-log/log", callId: id).TextAsync();

        while (true)
        {
            var line = await reader.ReadLineAsync(Stop);
            Assert.NotNull(line);
            if (line.Length > 0 && JsonSerializer.Deserialize<LogLine>(line, ManagementApi.Json)?.InvocationId == id)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task A_stack_trace_is_in_the_log_of_its_invocation()
    {
        await Platform.DeployAsync("trouble-log", "trouble.py");
        var id = TestFunctions.NewName("trace");
        using var response = await Platform.CallAsync("trouble-log/throw", callId: id);
        await Eventually.HoldsAsync("the trace", async () =>
            string.Join('\n', (await Admin.LogsAsync("trouble-log", $"invocation={id}")).Select(line => line.Text)) is var text
            && text.Contains("ValueError", StringComparison.Ordinal) && text.Contains("do_throw", StringComparison.Ordinal));
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class LogsInProcesses(ProcessPlatform platform) : LogTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class LogsInContainers(DockerPlatform platform) : LogTests(platform);
