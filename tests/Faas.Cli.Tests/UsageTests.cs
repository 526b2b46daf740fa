namespace Faas.Cli.Tests;

/// <summary>What the command line says about itself: wrong usage, help, completion.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("")]
    [InlineData("list --nosuch")]
    [InlineData("list --output xml")]
    [InlineData("logs hello --tail minus")]
    [InlineData("logs hello --tail -1")]
    [InlineData("invocations --limit 0")]
    [InlineData("init hello")]
    [InlineData("init hello --runtime cobol")]
    [InlineData("init ../hello --runtime node")]
    [InlineData("describe ../../etc/passwd")]
    [InlineData("completion powershell")]
    [InlineData("delete hello")]
    [InlineData("invoke")]
    [InlineData("invoke hello -d {} -f x")]
    [InlineData("invoke hello -d notjson")]
    [InlineData("invoke hello --header nocolon")]
    [InlineData("invocations show")]
    [InlineData("invocations show a/../b c")]
    [InlineData("invocations show ..")]
    [InlineData("invocations wait i-1 --timeout 5")]
    [InlineData("invocations list --state succeeded")]
    [InlineData("invocations list --limit 1001")]
    [InlineData("dlq")]
    [InlineData("publish")]
    [InlineData("publish Orders")]
    [InlineData("publish orders --json -d notjson")]
    [InlineData("list --admin ftp://x")]
    [InlineData("top --interval 100ms")]
    [InlineData("top --interval 2m")]
    [InlineData("top --interval 1")]
    [InlineData("top --sort cost")]
    [InlineData("up --memory lots")]
    [InlineData("up --memory 1MiB")]
    [InlineData("up --sandbox none")]
    [InlineData("up --listen http://not-an-address.invalid:1")]
    public async Task Wrong_usage_is_exit_code_2_and_never_a_stack_trace(string line)
    {
        var result = await FaasProgram.RunAsync(_folder.Path, ["--data", _folder["d"], .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("error: ", result.Error[result.Error.IndexOf("error: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_of_a_verb_below_another_names_both() =>
        Assert.EndsWith("`faas invocations show --help` shows how it is used.\n", (await RunAsync("invocations", "show")).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_scripts_are_valid(string shell)
    {
        var script = (await RunAsync("completion", shell)).Out;
        Assert.NotEmpty(script);
        if (shell == "bash")
        {
            _folder.Write("faas.bash", script);
            using var bash = FaasProgram.Start("/bin/bash", _folder.Path, ["-n", "faas.bash"]);
            await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, bash.ExitCode);
        }
    }

    [Fact]
    public async Task Completion_knows_verbs_and_the_functions_that_exist()
    {
        _api.Functions.Add(AdminApi.Summary("hello"));
        var environment = new Dictionary<string, string> { ["FAAS_ADMIN"] = _api.Url, ["FAAS_KEY"] = AdminApi.Key };
        Assert.Equal("describe", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:9]", "faas desc"], environment: environment)).Out.Trim());
        Assert.Contains("top", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:6]", "faas t"], environment: environment)).Out.Split('\n'));
        Assert.Contains("hello", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:9]", "faas top "], environment: environment)).Out, StringComparison.Ordinal);
        Assert.Contains("hello", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:12]", "faas invoke "], environment: environment)).Out, StringComparison.Ordinal);
        Assert.Contains("hello", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:14]", "faas dlq list "], environment: environment)).Out, StringComparison.Ordinal);
        Assert.Contains("hello", (await FaasProgram.RunAsync(_folder.Path, ["[suggest:28]", "faas dlq redrive --function "], environment: environment)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_every_verb_ends_with_examples_and_the_roots_with_exit_codes()
    {
        Assert.Contains("Exit codes:", (await RunAsync("--help")).Out, StringComparison.Ordinal);
        foreach (var verb in (string[])[
            "up", "controller", "gateway", "init", "deploy", "invoke", "publish", "list", "top", "describe", "logs", "queue", "delete", "version", "completion",
            "invocations", "invocations show", "invocations wait", "invocations cancel", "invocations list", "dlq", "dlq list", "dlq show", "dlq redrive", "dlq purge"])
        {
            Assert.Contains("Examples:", (await FaasProgram.RunAsync(_folder.Path, [.. verb.Split(' '), "--help"])).Out, StringComparison.Ordinal);
        }
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
