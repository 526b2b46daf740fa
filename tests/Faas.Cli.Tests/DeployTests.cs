using System.Text.Json;

namespace Faas.Cli.Tests;

/// <summary><c>faas deploy</c> and <c>faas init</c> with the real executable.</summary>
public sealed class DeployTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("dotnet")]
    [InlineData("node")]
    [InlineData("python")]
    [InlineData("http")]
    public async Task What_init_writes_can_be_deployed_as_it_is(string runtime)
    {
        _folder.Write("faas.yaml", "# mine\nfunctions:\n  first:\n    runtime: python   # keep\n\n# end\n");
        _folder.Write("first/handler.py", "");
        var init = await FaasProgram.RunAsync(_folder.Path, ["init", "second", "--runtime", runtime]);
        Assert.Equal((0, ""), (init.ExitCode, init.Error));
        var manifest = await File.ReadAllTextAsync(_folder["faas.yaml"], TestContext.Current.CancellationToken);
        Assert.StartsWith("# mine\nfunctions:\n  first:\n    runtime: python   # keep\n", manifest, StringComparison.Ordinal);

        _api.AcceptDeploys("first");
        _api.AcceptDeploys("second");
        var deploy = await DeployAsync();
        Assert.Equal((0, ""), (deploy.ExitCode, deploy.Error));
        var spec = _api.SpecSentTo("PUT /v1/functions/second");
        Assert.Equal((runtime, 64), (spec.Runtime, spec.CodeDigest!.Length));
        Assert.Equal("handler.handler", _api.SpecSentTo("PUT /v1/functions/first").Handler);
        Assert.True(_api.Bodies.ContainsKey("PUT /v1/bundles/" + spec.CodeDigest));

        var again = await FaasProgram.RunAsync(_folder.Path, ["init", "second", "--runtime", runtime]);
        Assert.Equal(1, again.ExitCode);
        Assert.Equal(manifest, await File.ReadAllTextAsync(_folder["faas.yaml"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_plan_is_shown_and_what_is_known_or_unchanged_is_not_sent_again()
    {
        Manifest("a", "b");
        _api.AcceptDeploys("a", "update");
        _api.AcceptDeploys("b", "unchanged");
        var dry = await DeployAsync("--dry-run");
        Assert.Equal("~ a\n    memory: 256 -> 512\n= 1 function unchanged\n", dry.Out);
        Assert.DoesNotContain(_api.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));

        var digest = _api.SpecSentTo("POST /v1/functions/a/plan").CodeDigest;
        _api.On("HEAD /v1/bundles/" + digest, (_, _) => AdminApi.Answer.Text(""));
        var real = await DeployAsync();
        Assert.Equal(0, real.ExitCode);
        Assert.Equal(["PUT /v1/functions/a"], _api.Requests.Where(request => request.StartsWith("PUT", StringComparison.Ordinal)));
        Assert.Contains($"{_api.Url}/function/a", real.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_terminal_it_shows_what_it_is_doing_and_ends_as_well_as_without_one()
    {
        Manifest("a", "b");
        _api.AcceptDeploys("a");
        _api.AcceptDeploys("b");
        var (exitCode, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["deploy", "--yes", "--data", _folder["data"], .. _api.Options]);
        Assert.DoesNotContain("error", screen, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Contains("created", screen, StringComparison.Ordinal);
        Assert.Contains("\u001b[?25l", screen, StringComparison.Ordinal);   // the cursor is hidden while the line moves
    }

    [Fact]
    public async Task A_refused_function_is_exit_code_4_with_its_diagnostics_and_logs_and_the_others_are_deployed()
    {
        Manifest("a", "b", "c");
        _api.AcceptDeploys("a");
        _api.AcceptDeploys("b");
        _api.AcceptDeploys("c");
        _api.On("PUT /v1/functions/a", (_, _) => AdminApi.Answer.Problem(422, "BuildFailed", "It does not compile.", "function", diagnostics: ["handler.cs(3,5): error CS1002: ; expected"]));
        _api.On("PUT /v1/functions/b", (_, _) => AdminApi.Answer.Problem(422, "InitFailed", "It could not start.", "function", logs: ["ModuleNotFoundError: No module named 'x'"]));
        var result = await DeployAsync();
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(
            "error: a: It does not compile.\n  handler.cs(3,5): error CS1002: ; expected\nerror: b: It could not start.\n  | ModuleNotFoundError: No module named 'x'\n", result.Error);
        Assert.Contains("c         created", result.Out, StringComparison.Ordinal);

        var json = JsonDocument.Parse((await DeployAsync("-o", "json")).Out).RootElement.EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);
        Assert.Equal("BuildFailed", json["a"].GetProperty("problem").GetProperty("error").GetString());
        Assert.Equal("created", json["c"].GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_deploy_under_way_elsewhere_is_an_error_that_says_so()
    {
        Manifest("a");
        _api.AcceptDeploys("a");
        _api.On("PUT /v1/functions/a", (_, _) => AdminApi.Answer.Problem(409, "Conflict", "Busy."));
        var result = await DeployAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Another deploy of this function is under way", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_named_function_is_deployed_and_a_misspelt_one_is_exit_code_3()
    {
        Manifest("alpha", "beta");
        _api.AcceptDeploys("alpha");
        Assert.Equal(0, (await DeployAsync("--only", "alpha")).ExitCode);
        Assert.DoesNotContain(_api.Requests, request => request.Contains("beta", StringComparison.Ordinal));
        var wrong = await DeployAsync("--only", "alhpa");
        Assert.Equal(3, wrong.ExitCode);
        Assert.Contains("did you mean 'alpha'?", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_manifest_is_exit_code_4_with_file_line_and_column()
    {
        _folder.Write("faas.yaml", "functions:\n  a:\n    runtime: pyton\n    source: .\n");
        var result = await DeployAsync();
        Assert.Equal(4, result.ExitCode);
        Assert.StartsWith("error: faas.yaml:3:5: runtime:", result.Error, StringComparison.Ordinal);
        Assert.Empty(_api.Requests);
    }

    [Fact]
    public async Task Npm_dependencies_are_installed_into_the_bundle_and_the_second_time_taken_from_the_cache()
    {
        _folder.Write("faas.yaml", "functions:\n  a:\n    runtime: node\n");
        _folder.Write("a/index.js", "exports.handler = async () => require('dep')");
        _folder.Write("a/package.json", "{\"name\": \"a\", \"dependencies\": {\"dep\": \"file:./dep\"}}");
        _folder.Write("a/dep/package.json", "{\"name\": \"dep\", \"version\": \"1.0.0\"}");
        _folder.Write("a/dep/index.js", "module.exports = 42");
        _api.AcceptDeploys("a");
        var first = await DeployAsync();
        Assert.Equal((0, "a: npm install\n"), (first.ExitCode, first.Error));
        var digest = _api.SpecSentTo("PUT /v1/functions/a").CodeDigest;
        Assert.False(Directory.Exists(_folder["a/node_modules"]));
        Assert.Empty(Directory.GetDirectories(_folder["data/cache"]));

        var second = await DeployAsync();
        Assert.Equal((0, ""), (second.ExitCode, second.Error));
        Assert.Equal(digest, _api.SpecSentTo("PUT /v1/functions/a").CodeDigest);
    }

    [Fact]
    public async Task A_failing_tool_is_shown_with_its_own_output()
    {
        _folder.Write("faas.yaml", "functions:\n  p:\n    runtime: python\n  c:\n    runtime: dotnet\n");
        _folder.Write("p/handler.py", "");
        _folder.Write("p/requirements.txt", "./no-such-package\n");
        _folder.Write("c/C.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        _folder.Write("c/C.cs", "class C { int x = ; }");
        var result = await DeployAsync();
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("no-such-package", result.Error, StringComparison.Ordinal);
        Assert.Contains("error CS1525", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_is_published_into_the_bundle()
    {
        _folder.Write("faas.yaml", "functions:\n  c:\n    runtime: dotnet\n    handler: C.Handle\n");
        _folder.Write("c/C.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        _folder.Write("c/C.cs", "public static class C { public static int Handle() => 1; }");
        _api.AcceptDeploys("c");
        var result = await DeployAsync();
        Assert.True(result.ExitCode == 0, result.Error);
        var digest = _api.SpecSentTo("PUT /v1/functions/c").CodeDigest;
        using var bundle = new MemoryStream(_api.Bodies["PUT /v1/bundles/" + digest]);
        using var gzip = new System.IO.Compression.GZipStream(bundle, System.IO.Compression.CompressionMode.Decompress);
        using var tar = new System.Formats.Tar.TarReader(gzip);
        var names = new List<string>();
        while (tar.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
        }

        Assert.Contains("C.dll", names);
        Assert.Contains("C.deps.json", names);
        Assert.DoesNotContain("C.cs", names);
    }

    private void Manifest(params string[] names)
    {
        _folder.Write("faas.yaml", "functions:\n" + string.Concat(names.Select(name => $"  {name}:\n    runtime: python\n")));
        foreach (var name in names)
        {
            _folder.Write(name + "/handler.py", $"# {name}");
        }
    }

    private Task<FaasProgram.Result> DeployAsync(params string[] arguments) =>
        FaasProgram.RunAsync(_folder.Path, ["deploy", .. arguments, "--data", _folder["data"], .. _api.Options]);
}
