using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary><c>faas dlq</c>: nothing is done to more dead letters than was said.</summary>
public sealed class DeadLetterTests : IDisposable
{
    private static readonly InvocationDescription Letter = new()
    {
        Id = "i-1", Function = "hello", State = InvocationState.DeadLettered, IsQueued = true, AcceptedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch, Attempts = 3, Failures = 3, Reason = "it failed 3 times",
        Request = new InvocationRequest(true, "POST", "/", "", [new HeaderField("Content-Type", "application/json")]), BodyBytes = 8,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_says_why_each_is_one()
    {
        _api.On("GET /v1/queue/entries", (_, _) => AdminApi.Answer.Json([Letter], FaasJson.Default.InvocationDescriptionArray));
        var result = await RunAsync("dlq", "list", "hello");
        Assert.Contains("GET /v1/queue/entries?state=deadLettered&limit=50&function=hello", _api.Requests);
        Assert.EndsWith("it failed 3 times\n", result.Out, StringComparison.Ordinal);
        Assert.Equal("i-1", JsonDocument.Parse((await RunAsync("dlq", "list", "-o", "json")).Out).RootElement[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Show_adds_the_request_with_its_body_and_body_writes_only_that()
    {
        _api.On("GET /v1/invocations/i-1", (_, _) => AdminApi.Answer.Json(Letter, FaasJson.Default.InvocationDescription));
        _api.On("GET /v1/dead-letters/i-1/body", (_, _) => AdminApi.Answer.Text("{\"a\": 1}"));
        var result = await RunAsync("dlq", "show", "i-1");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("reason      it failed 3 times\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("Content-Type  application/json\n", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("request body:\n{\"a\": 1}\n", result.Out, StringComparison.Ordinal);
        Assert.Equal("{\"a\": 1}", (await RunAsync("dlq", "show", "i-1", "--body")).Out);

        _api.On("GET /v1/dead-letters/i-1/body", (_, _) => new AdminApi.Answer(200, "image/png", [1, 0, 255]));
        Assert.EndsWith("request body: 3 B that are no text; `faas dlq show i-1 --body > FILE` writes them.\n", (await RunAsync("dlq", "show", "i-1")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_of_what_is_no_dead_letter_says_what_it_is()
    {
        _api.On("GET /v1/invocations/i-1", (_, _) => AdminApi.Answer.Json(Letter with { State = InvocationState.Succeeded }, FaasJson.Default.InvocationDescription));
        var result = await RunAsync("dlq", "show", "i-1");
        Assert.Equal((3, "error: Invocation i-1 is no dead letter; its state is 'succeeded'. `faas invocations show i-1` shows it.\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Redrive_takes_ids_a_function_or_all_and_counts()
    {
        _api.On("POST /v1/dead-letters/redrive", (request, _) => request.QueryString["id"] is "gone"
            ? AdminApi.Answer.Problem(404, "NotFound", "no dead letter 'gone'")
            : AdminApi.Answer.Json(new EventCount(request.QueryString["id"] is not null ? 1 : request.QueryString["function"] is not null ? 12 : 1300), FaasJson.Default.EventCount));
        var some = await RunAsync("dlq", "redrive", "i-1", "gone", "i-2");
        Assert.Equal((3, "2 dead letters queued again\n", "error: There is no dead letter 'gone'; `faas dlq list` shows them.\n"), (some.ExitCode, some.Out, some.Error));
        Assert.Equal("12 dead letters queued again\n", (await RunAsync("dlq", "redrive", "--function", "hello")).Out);
        Assert.Equal("1,300 dead letters queued again\n", (await RunAsync("dlq", "redrive", "--all")).Out);
        Assert.Equal(
            ["?id=i-1", "?id=gone", "?id=i-2", "?function=hello", ""],
            _api.Requests.Select(request => request.Replace("POST /v1/dead-letters/redrive", "", StringComparison.Ordinal)));
        Assert.Equal(new EventCount(1), JsonSerializer.Deserialize((await RunAsync("dlq", "redrive", "i-1", "-o", "json")).Out, FaasJson.Default.EventCount));
    }

    [Fact]
    public async Task Purge_asks_on_a_terminal_and_needs_yes_elsewhere()
    {
        _api.On("DELETE /v1/dead-letters", (_, _) => AdminApi.Answer.Json(new EventCount(1), FaasJson.Default.EventCount));
        var unasked = await RunAsync("dlq", "purge", "i-1");
        Assert.Equal(2, unasked.ExitCode);
        Assert.Contains("add --yes", unasked.Error, StringComparison.Ordinal);
        Assert.Equal("no", await AnswerAsync("n"));
        Assert.Empty(_api.Requests);

        Assert.Equal("yes", await AnswerAsync("y"));
        Assert.Equal("1 dead letter removed\n", (await RunAsync("dlq", "purge", "i-1", "--yes")).Out);
        Assert.Equal(["DELETE /v1/dead-letters?function=hello", "DELETE /v1/dead-letters?id=i-1"], _api.Requests);
    }

    [Theory]
    [InlineData("redrive")]
    [InlineData("redrive --all --function hello")]
    [InlineData("redrive i-1 --all")]
    [InlineData("redrive \u0020")]
    [InlineData("purge --yes")]
    [InlineData("purge --yes --function ../x")]
    public async Task Nothing_is_done_to_all_unless_it_is_said(string line)
    {
        var result = await RunAsync(["dlq", .. line.Split(' ')]);   // the space is an empty id, as of a variable that is not set
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(_api.Requests);
    }

    /// <summary>Purges a function's dead letters on a terminal and answers the question.</summary>
    private async Task<string> AnswerAsync(string answer)
    {
        using var purge = FaasProgram.StartOnTerminal(_folder.Path, ["dlq", "purge", "--function", "hello", .. _api.Options]);
        await purge.StandardInput.WriteAsync(answer + "\n");
        await purge.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var screen = await purge.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        await purge.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Contains("Remove all dead letters of 'hello' for good? [y/N]", screen, StringComparison.Ordinal);
        return (purge.ExitCode, screen) switch
        {
            (0, var text) when text.Contains("1 dead letter removed", StringComparison.Ordinal) => "yes",
            (1, var text) when text.Contains("Nothing was removed.", StringComparison.Ordinal) => "no",
            _ => screen,
        };
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
