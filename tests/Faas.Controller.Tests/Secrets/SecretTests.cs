using System.Net;
using System.Net.Http.Json;
using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Secrets;
using Faas.Storage;

namespace Faas.Controller.Tests.Secrets;

public sealed class SecretTests
{
    private static readonly TriggerSpec Hook = new() { Webhook = new WebhookSpec { Scheme = WebhookScheme.Github, Secret = "${TOKEN} ${OTHER}" } };

    private static CancellationToken Ct => SecretsFixture.Ct;

    [Fact]
    public async Task A_secret_is_set_found_and_listed_without_its_value()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await SetAsync(fixture, "TOKEN", "grüß dich\n")).Status);
        Assert.Equal("grüß dich\n", await fixture.Secrets.FindAsync("TOKEN", Ct));
        var text = await fixture.Http.GetStringAsync("/v1/secrets", Ct);
        Assert.DoesNotContain("dich", text, StringComparison.Ordinal);
        var secrets = (await fixture.Http.GetFromJsonAsync("/v1/secrets", FaasJson.Default.SecretDescriptionArray, Ct))!;
        Assert.Equal([new SecretDescription("TOKEN", SecretsFixture.Noon, null)], secrets);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await fixture.Http.GetAsync("/v1/secrets/TOKEN", Ct)).StatusCode);   // there is no way to read one
    }

    [Fact]
    public async Task What_is_no_secret_is_refused_and_the_name_is_not_repeated()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "BadRequest"), await SetAsync(fixture, "not-a-name", "x") is var name ? (name.Status, name.Problem?.Error) : default);
        Assert.DoesNotContain("not-a-name", (await SetAsync(fixture, "not-a-name", "x")).Problem?.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await SetAsync(fixture, "TOKEN", "")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SetAsync(fixture, "TOKEN", [0xff, 0xfe])).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await SetAsync(fixture, "TOKEN", new byte[(64 * 1024) + 1])).Status);
        Assert.Empty(await fixture.Secrets.ListAsync(Ct));
        Assert.Equal(HttpStatusCode.NoContent, (await SetAsync(fixture, "TOKEN", new byte[64 * 1024])).Status);
    }

    [Fact]
    public async Task A_secret_that_a_trigger_names_is_deleted_only_by_force()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        fixture.Functions.Deploy("hello", Hook);
        await SetAsync(fixture, "TOKEN", "x");
        var refused = await DeleteAsync(fixture, "TOKEN");
        Assert.Equal((HttpStatusCode.Conflict, "SecretInUse"), (refused.Status, refused.Problem?.Error));
        Assert.Contains("hello/webhook", refused.Problem?.Detail, StringComparison.Ordinal);
        Assert.Equal("x", await fixture.Secrets.FindAsync("TOKEN", Ct));
        Assert.Equal(HttpStatusCode.NoContent, (await DeleteAsync(fixture, "TOKEN?force=true")).Status);
        Assert.Null(await fixture.Secrets.FindAsync("TOKEN", Ct));
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(fixture, "TOKEN?force=true")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(fixture, "NONE")).Status);
    }

    [Fact]
    public async Task The_store_comes_first_and_the_configuration_second()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        Assert.Equal("from the configuration", await fixture.Secrets.FindAsync("CONFIGURED", Ct));
        await SetAsync(fixture, "CONFIGURED", "from the store");
        Assert.Equal("from the store", await fixture.Secrets.FindAsync("CONFIGURED", Ct));
        await DeleteAsync(fixture, "CONFIGURED");
        Assert.Equal("from the configuration", await fixture.Secrets.FindAsync("CONFIGURED", Ct));
    }

    [Fact]
    public async Task The_store_is_asked_once_until_the_secret_changes_which_is_told()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        var changed = new List<string>();
        fixture.Secrets.Changed += changed.Add;
        await SetAsync(fixture, "TOKEN", "one");
        Assert.Equal("one", await fixture.Secrets.FindAsync("TOKEN", Ct));
        Assert.Equal("one", await fixture.Secrets.FindAsync("TOKEN", Ct));
        Assert.Null(await fixture.Secrets.FindAsync("NONE", Ct));
        Assert.Null(await fixture.Secrets.FindAsync("NONE", Ct));
        Assert.Equal(2, fixture.Stored.Finds);
        await SetAsync(fixture, "TOKEN", "two");
        Assert.Equal("two", await fixture.Secrets.FindAsync("TOKEN", Ct));
        await DeleteAsync(fixture, "TOKEN");
        Assert.Null(await fixture.Secrets.FindAsync("TOKEN", Ct));
        Assert.Equal(["TOKEN", "TOKEN", "TOKEN"], changed);
    }

    [Fact]
    public async Task What_was_read_before_a_write_is_not_kept_after_it()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        await SetAsync(fixture, "TOKEN", "one");
        var gate = new TaskCompletionSource();
        fixture.Stored.ReadsEnd = gate.Task;
        var slow = fixture.Secrets.FindAsync("TOKEN", Ct);
        await SetAsync(fixture, "TOKEN", "two");
        gate.SetResult();
        await slow;
        Assert.Equal("two", await fixture.Secrets.FindAsync("TOKEN", Ct));
    }

    [Fact]
    public async Task A_spec_that_names_a_secret_that_there_is_not_is_refused_with_what_to_do()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        var spec = new FunctionSpec { Name = "hello", Runtime = Runtimes.Python, Triggers = [new TriggerSpec { Topic = "orders" }, Hook] };
        await SetAsync(fixture, "TOKEN", "x");
        Assert.Equal("triggers[1]: there is no secret 'OTHER'; `faas secret set OTHER` makes it", await SecretUses.ProblemOfAsync(spec, fixture.Secrets, Ct));
        await SetAsync(fixture, "OTHER", "x");
        Assert.Null(await SecretUses.ProblemOfAsync(spec, fixture.Secrets, Ct));
        Assert.Contains("another key", await SecretUses.ProblemOfAsync(spec, fixture.WithAnotherKey(), Ct), StringComparison.Ordinal);
        Assert.Null(await SecretUses.ProblemOfAsync(spec with { Triggers = null }, fixture.Secrets, Ct));
    }

    [Fact]
    public async Task A_lost_key_makes_secrets_unreadable_listed_and_settable()
    {
        await using var fixture = await SecretsFixture.StartAsync();
        await SetAsync(fixture, "TOKEN", "one");
        var secrets = fixture.WithAnotherKey();
        Assert.Equal(StoreFailure.WrongKey, (await Assert.ThrowsAsync<StoreException>(() => secrets.FindAsync("TOKEN", Ct))).Failure);
        Assert.Contains("another key", Assert.Single(await secrets.ListAsync(Ct)).Problem, StringComparison.Ordinal);
        await secrets.SetAsync("TOKEN", "two");
        Assert.Equal("two", await secrets.FindAsync("TOKEN", Ct));
    }

    private static Task<(HttpStatusCode Status, ApiProblem? Problem)> SetAsync(SecretsFixture fixture, string name, string value) => SetAsync(fixture, name, Encoding.UTF8.GetBytes(value));

    private static async Task<(HttpStatusCode Status, ApiProblem? Problem)> SetAsync(SecretsFixture fixture, string name, byte[] value)
    {
        using var content = new ByteArrayContent(value);
        using var response = await fixture.Http.PutAsync($"/v1/secrets/{name}", content, Ct);
        return (response.StatusCode, response.IsSuccessStatusCode ? null : await response.Content.ReadFromJsonAsync(FaasJson.Default.ApiProblem, Ct));
    }

    private static async Task<(HttpStatusCode Status, ApiProblem? Problem)> DeleteAsync(SecretsFixture fixture, string name)
    {
        using var response = await fixture.Http.DeleteAsync($"/v1/secrets/{name}", Ct);
        return (response.StatusCode, response.IsSuccessStatusCode ? null : await response.Content.ReadFromJsonAsync(FaasJson.Default.ApiProblem, Ct));
    }
}
