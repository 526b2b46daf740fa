using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas publish</c>.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Publish_prints_the_event_and_the_invocations_that_it_became()
    {
        var sent = "";
        _api.On("POST /v1/topics/orders", (request, body) =>
        {
            sent = $"{request.ContentType}|{request.Headers["ce-id"]}|{System.Text.Encoding.UTF8.GetString(body)}";
            return AdminApi.Answer.Json(new PublishResult("e-1", ["i-1", "i-2"]), FaasJson.Default.PublishResult, 202);
        });
        var result = await RunAsync("publish", "orders", "-d", "{\"id\": 7}");
        Assert.Equal((0, "event        e-1\ninvocations  i-1\n             i-2\n", ""), (result.ExitCode, result.Out, result.Error));
        Assert.Equal("||{\"id\": 7}", sent);

        await RunAsync("publish", "--json", "orders", "-d", "[1]", "-H", "ce-id: 7");
        Assert.Equal("application/json|7|[1]", sent);
        await FaasProgram.RunAsync(_folder.Path, ["publish", "orders", "-f", "-", "-H", "Content-Type: application/cloudevents+json", .. _api.Options], "{}");
        Assert.Equal("application/cloudevents+json||{}", sent);

        var json = JsonSerializer.Deserialize((await RunAsync("publish", "orders", "-o", "json")).Out, FaasJson.Default.PublishResult)!;
        Assert.Equal(("e-1", 2), (json.Id, json.Invocations.Count));
    }

    [Fact]
    public async Task Publishing_where_nobody_listens_says_how_to_listen()
    {
        _api.On("POST /v1/topics/orders", (_, _) => AdminApi.Answer.Problem(404, "NotFound", "no function listens to topic 'orders'; one does with 'triggers: [{topic: orders}]' in its manifest"));
        var result = await RunAsync("publish", "orders");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("triggers: [{topic: orders}]", result.Error, StringComparison.Ordinal);
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
