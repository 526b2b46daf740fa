using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas secret</c> against a server that speaks the management API.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Set = "PUT /v1/secrets/TOKEN";

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public SecretTests() => _api.On(Set, (_, _) => AdminApi.Answer.Text("", 204));

    private string Sent => Encoding.UTF8.GetString(_api.Bodies[Set]);

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("s3cr3t", "s3cr3t")]
    [InlineData("s3cr3t\n", "s3cr3t")]
    [InlineData("s3cr3t\r\n", "s3cr3t")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    public async Task A_value_is_piped_in_and_loses_one_line_break(string input, string value)
    {
        Assert.Equal((0, "TOKEN set\n", ""), await RunAsync(input, "secret", "set", "TOKEN") is var result ? (result.ExitCode, result.Out, result.Error) : default);
        Assert.Equal(value, Sent);
        await RunAsync(input, "secret", "set", "TOKEN", "--from-file", "-");
        Assert.Equal(value, Sent);
    }

    [Fact]
    public async Task A_file_is_taken_byte_by_byte_and_a_line_break_at_its_end_is_mentioned()
    {
        _folder.Write("key.pem", "grüß\n");
        var result = await RunAsync(null, "secret", "set", "TOKEN", "--from-file", "key.pem");
        Assert.Equal((0, "grüß\n"), (result.ExitCode, Sent));
        Assert.Contains("line break", result.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync(null, "secret", "set", "TOKEN", "--from-file", "none.pem")).ExitCode);
    }

    [Theory]
    [InlineData("TOKEN", "s3cr3t")]
    [InlineData("TOKEN", "s3cr3t", "more")]
    [InlineData("TOKEN=s3cr3t")]
    public async Task A_value_on_the_command_line_is_refused_with_what_to_do_and_not_repeated(params string[] words)
    {
        var result = await RunAsync("x", ["secret", "set", .. words]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("history", result.Error, StringComparison.Ordinal);
        Assert.Contains("--from-file", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", result.Error + result.Out, StringComparison.Ordinal);
        Assert.Empty(_api.Requests);
    }

    [Theory]
    [InlineData("1TOKEN", "x")]
    [InlineData("A-B", "x")]
    [InlineData("TOKEN", "")]
    [InlineData("TOKEN", "\n")]
    public async Task What_is_no_secret_is_refused_before_it_is_sent(string name, string value)
    {
        Assert.Equal(2, (await RunAsync(value, "secret", "set", name)).ExitCode);
        Assert.Empty(_api.Requests);
    }

    [Fact]
    public async Task A_value_that_is_too_long_is_refused_and_the_longest_is_not()
    {
        Assert.Equal(0, (await RunAsync(new string('x', 64 * 1024) + "\n", "secret", "set", "TOKEN")).ExitCode);
        Assert.Equal(64 * 1024, Sent.Length);
        Assert.Equal(2, (await RunAsync(new string('x', (64 * 1024) + 1), "secret", "set", "TOKEN")).ExitCode);
    }

    [Fact]
    public async Task On_a_terminal_the_value_is_asked_for_and_not_shown()
    {
        using var process = FaasProgram.StartOnTerminal(_folder.Path, ["secret", "set", "TOKEN", .. _api.Options]);
        var screen = new StringBuilder();
        var buffer = new char[256];
        while (!screen.ToString().Contains("not shown", StringComparison.Ordinal))
        {
            var read = await process.StandardOutput.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
            Assert.True(read > 0, $"it ended: {screen}");
            screen.Append(buffer, 0, read);
        }

        await process.StandardInput.WriteAsync("s3cr3x\u007ft\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        screen.Append(await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((0, "s3cr3t"), (process.ExitCode, Sent));
        Assert.Contains("TOKEN set", screen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr", screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_listed_with_their_times_and_what_is_wrong()
    {
        _api.On("GET /v1/secrets", (_, _) => AdminApi.Answer.Json([], FaasJson.Default.SecretDescriptionArray));
        Assert.Contains("faas secret set", (await RunAsync(null, "secret", "list")).Error, StringComparison.Ordinal);
        _api.On("GET /v1/secrets", (_, _) => AdminApi.Answer.Json(
            [new SecretDescription("TOKEN", DateTimeOffset.UnixEpoch.AddDays(20_000), null), new SecretDescription("OLD", DateTimeOffset.UnixEpoch, "it was sealed with another key")],
            FaasJson.Default.SecretDescriptionArray));
        var table = (await RunAsync(null, "secret", "ls")).Out;
        Assert.Contains("TOKEN", table, StringComparison.Ordinal);
        Assert.Contains("2024-10-0", table, StringComparison.Ordinal);
        Assert.Contains("another key", table, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync(null, "secret", "list", "--output", "json")).Out).RootElement;
        Assert.Equal("TOKEN", json[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_secret_that_is_in_use_is_deleted_only_by_force()
    {
        _api.On("DELETE /v1/secrets/TOKEN", (request, _) => request.Url!.Query == "?force=true"
            ? AdminApi.Answer.Text("", 204)
            : AdminApi.Answer.Problem(409, "SecretInUse", "trigger 'hello/webhook' names it", "caller"));
        var refused = await RunAsync(null, "secret", "delete", "TOKEN");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("hello/webhook", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, "TOKEN deleted\n"), await RunAsync(null, "secret", "delete", "TOKEN", "--force") is var result ? (result.ExitCode, result.Out) : default);
        Assert.Equal(3, (await RunAsync(null, "secret", "delete", "NONE")).ExitCode);
    }

    [Fact]
    public async Task Json_is_what_scripts_get()
    {
        Assert.Equal("TOKEN", JsonDocument.Parse((await RunAsync("x", "secret", "set", "TOKEN", "--output", "json")).Out).RootElement[0].GetString());
        Assert.Equal("Usage", JsonDocument.Parse((await RunAsync("x", "secret", "set", "TOKEN", "y", "--output", "json")).Error).RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Names_are_completed_and_help_ends_with_examples()
    {
        _api.On("GET /v1/secrets", (_, _) => AdminApi.Answer.Json([new SecretDescription("TOKEN", DateTimeOffset.UnixEpoch, null)], FaasJson.Default.SecretDescriptionArray));
        var line = $"faas --admin {_api.Url} --key {AdminApi.Key} secret delete ";
        Assert.Contains("TOKEN", (await FaasProgram.RunAsync(_folder.Path, [$"[suggest:{line.Length}]", line])).Out, StringComparison.Ordinal);
        foreach (var verb in (string[][])[["secret"], ["secret", "set"], ["secret", "list"], ["secret", "delete"]])
        {
            Assert.Contains("Examples:", (await FaasProgram.RunAsync(_folder.Path, [.. verb, "--help"])).Out, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("VALUE", (await FaasProgram.RunAsync(_folder.Path, ["secret", "set", "--help"])).Out, StringComparison.Ordinal);
    }

    private Task<FaasProgram.Result> RunAsync(string? input, params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options], input);
}
