using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>The command line, verb by verb, against a running platform.</summary>
[Collection("process")]
public sealed class CliTests(ProcessPlatform platform) : PlatformTests(platform)
{
    private const int Refused = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("faas-cli").FullName;

    public override async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("dotnet")]
    [InlineData("http")]
    public async Task What_init_writes_is_deployed_and_invoked_as_it_says(string runtime)
    {
        var name = $"made-{runtime}";
        (await Platform.RunCliAsync(["init", name, "--runtime", runtime], _folder)).Succeeded();
        Assert.True(File.Exists(Path.Combine(_folder, "faas.yaml")));
        (await Platform.RunCliAsync(["deploy", "--yes"], _folder)).Succeeded();
        (await Platform.RunCliAsync(runtime == "http" ? ["invoke", name, "--path", "/"] : ["invoke", name, "-d", "{\"name\": \"Ada\"}"])).Succeeded();
        (await Platform.RunCliAsync("delete", name, "--yes")).Succeeded();
        await Platform.CallAsync(name).FailsWithAsync("NotFound");
    }

    [Fact]
    public async Task Deploy_shows_what_changes_and_then_that_nothing_does()
    {
        await WriteAsync("functions:\n  shown:\n    runtime: python\n    handler: handler.handler\n    source: .\n    network: none\n", ("handler.py", "def handler(e, c): return 1"));
        Assert.Contains("shown", (await Platform.RunCliAsync(["deploy", "--yes"], _folder)).Succeeded().All, StringComparison.Ordinal);
        Assert.Contains("unchanged", (await Platform.RunCliAsync(["deploy", "--yes"], _folder)).Succeeded().All, StringComparison.Ordinal);

        await File.AppendAllTextAsync(Path.Combine(_folder, "faas.yaml"), "    memory: 192MiB\n", Stop);
        var planned = (await Platform.RunCliAsync(["deploy", "--dry-run"], _folder)).Succeeded().All;
        Assert.Contains("memory", planned, StringComparison.Ordinal);
        Assert.Equal(256, (await Admin.DescribeAsync("shown")).Spec.MemoryMiB);
    }

    [Theory]
    [InlineData("functions:\n  a:\n    runtime: [python\n", "faas.yaml:")]
    [InlineData("functions:\n  a:\n    runtime: cobol\n    handler: a.b\n", "faas.yaml:3:5")]
    [InlineData("functions:\n  a:\n    runtime: python\n    handler: a.b\n    memory: lots\n", "faas.yaml:5:13")]
    [InlineData("functions:\n  a:\n    runtime: python\n    handler: a.b\n    colour: red\n", "faas.yaml:5:5")]
    [InlineData("functions:\n  ../../etc:\n    runtime: python\n    handler: a.b\n", "faas.yaml:2:3")]
    [InlineData("- just\n- a list\n", "faas.yaml:1:1")]
    [InlineData("", "faas.yaml")]
    public async Task A_malformed_manifest_is_refused_with_line_and_column(string manifest, string place)
    {
        await WriteAsync(manifest);
        var result = await Platform.RunCliAsync(["deploy", "--yes"], _folder);
        Assert.Equal(Refused, result.ExitCode);
        Assert.Contains(place, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_does_not_compile_is_refused_with_its_place_and_the_rest_is_deployed()
    {
        await WriteAsync(
            "functions:\n  bad:\n    runtime: dotnet\n    source: ./Bad.cs\n    network: none\n  good:\n    runtime: python\n    handler: good.handler\n    source: ./good.py\n    network: none\n",
            ("Bad.cs", "public static class F\n{\n    public static int Handle() => \"text\";\n}\n"),
            ("good.py", "def handler(e, c): return 'good'"));
        var result = await Platform.RunCliAsync(["deploy", "--yes"], _folder);
        Assert.Equal(Refused, result.ExitCode);
        Assert.Contains("Bad.cs(3,35): error CS0029", result.Errors, StringComparison.Ordinal);
        Assert.Equal("good", await Platform.CallAsync("good").TextAsync());
    }

    [Fact]
    public async Task Code_that_does_not_start_is_refused_with_its_own_log_lines()
    {
        await WriteAsync("functions:\n  noisy:\n    runtime: python\n    handler: handler.handler\n    source: .\n    network: none\n", ("handler.py", "print('these are its own words')\nraise SystemExit(3)\n"));
        var result = await Platform.RunCliAsync(["deploy", "--yes"], _folder);
        Assert.Equal(Refused, result.ExitCode);
        Assert.Contains("these are its own words", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_is_an_array_of_objects_in_json()
    {
        var list = JsonDocument.Parse((await Platform.RunCliAsync("list", "--output", "json")).Succeeded().Output).RootElement;
        var hello = list.EnumerateArray().Single(function => function.GetProperty("name").GetString() == "hello");
        Assert.Equal("python", hello.GetProperty("runtime").GetString());
        Assert.Equal(JsonValueKind.String, hello.GetProperty("state").ValueKind);
        Assert.Equal(JsonValueKind.Number, hello.GetProperty("instances").ValueKind);
        Assert.Contains("hello", (await Platform.RunCliAsync("list")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_takes_data_from_its_arguments_and_from_files()
    {
        await Platform.DeployAsync("echo-cli", "echo.py");
        Assert.Contains("\"x\"", (await Platform.RunCliAsync("invoke", "echo-cli", "-d", "{\"x\":1}")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("\"y\"", (await Platform.RunCliAsync("invoke", "echo-cli", "--json", "{\"y\":1}")).Succeeded().Output, StringComparison.Ordinal);
        var file = Path.Combine(_folder, "event.json");
        await File.WriteAllTextAsync(file, "{\"z\":1}", Stop);
        Assert.Contains("\"z\"", (await Platform.RunCliAsync("invoke", "echo-cli", "-f", file)).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_codes_tell_failures_apart()
    {
        await Platform.DeployAsync("trouble-cli", "trouble.py");
        var failed = await Platform.RunCliAsync("invoke", "trouble-cli", "--path", "/throw");
        Assert.Equal(5, failed.ExitCode);
        Assert.Contains("on purpose", failed.Errors, StringComparison.Ordinal);
        Assert.Equal(3, (await Platform.RunCliAsync("invoke", "no-such-function", "-d", "{}")).ExitCode);
        Assert.Equal(3, (await Platform.RunCliAsync("describe", "no-such-function")).ExitCode);
        Assert.Equal(2, (await Platform.RunCliAsync("lisst")).ExitCode);
        Assert.Equal(1, (await Platform.RunCliAsync("list", "--key", "wrong")).ExitCode);
        Assert.Equal(6, (await Command.RunAsync(Repository.Cli, ["list", "--data", _folder, "--admin", "http://127.0.0.1:1"])).ExitCode);
    }

    [Fact]
    public async Task Describe_logs_and_invocations_show_what_a_call_left_behind()
    {
        await Platform.DeployAsync("echo-left", "echo.py");
        var id = TestFunctions.NewName("left");
        await Platform.CallAsync("echo-left/log", callId: id).TextAsync();
        await Eventually.HoldsAsync("the record", async () => (await Admin.InvocationsAsync($"id={id}")).Count == 1);

        Assert.Contains(id, (await Platform.RunCliAsync("invocations", "echo-left")).Succeeded().Output, StringComparison.Ordinal);
        var records = JsonDocument.Parse((await Platform.RunCliAsync("invocations", "echo-left", "--output", "json")).Succeeded().Output).RootElement;
        Assert.Equal(id, records[0].GetProperty("invocationId").GetString());
        Assert.Contains("echo-left", (await Platform.RunCliAsync("describe", "echo-left")).Succeeded().Output, StringComparison.Ordinal);
        await Eventually.HoldsAsync("its lines", async () =>
            (await Platform.RunCliAsync("logs", "echo-left", "--invocation", id)).Succeeded().Output.Contains($"to stdout from {id}", StringComparison.Ordinal));
        Assert.Single(DockerEngine.Lines((await Platform.RunCliAsync("logs", "echo-left", "--tail", "1")).Succeeded().Output));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_is_a_script_that_names_the_command(string shell) =>
        Assert.Contains("faas", (await Platform.RunCliAsync("completion", shell)).Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public async Task The_bash_completion_is_valid_bash()
    {
        var file = Path.Combine(_folder, "completion.bash");
        await File.WriteAllTextAsync(file, (await Platform.RunCliAsync("completion", "bash")).Succeeded().Output, Stop);
        (await Command.RunAsync("bash", ["-n", file])).Succeeded();
    }

    [Fact]
    public async Task Version_and_help_work_without_a_platform()
    {
        Assert.Matches("[0-9]+\\.[0-9]+\\.[0-9]+", (await Command.RunAsync(Repository.Cli, ["version", "--data", _folder, "--admin", "http://127.0.0.1:1"])).Succeeded().Output);
        var help = (await Command.RunAsync(Repository.Cli, ["--help"])).Succeeded().Output;
        foreach (var verb in (string[])["up", "init", "deploy", "invoke", "list", "describe", "logs", "invocations", "delete", "version", "completion"])
        {
            Assert.Contains(verb, help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Colours_are_for_terminals_only() =>
        Assert.DoesNotContain('\u001b', (await Platform.RunCliAsync("list")).Succeeded().All);

    [Fact]
    public async Task The_management_api_describes_itself()
    {
        using var document = JsonDocument.Parse(await Admin.Http.GetStringAsync("/openapi/v1.json", Stop));
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/v1/functions", paths);
        Assert.Contains("/v1/functions/{name}", paths);
        Assert.Contains("/v1/invocations", paths);
    }

    private async Task WriteAsync(string manifest, params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files.Prepend(("faas.yaml", manifest)))
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, name), text, Stop);
        }
    }
}
