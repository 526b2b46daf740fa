using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Secrets and signed webhooks, from the command line and the sender to the function.</summary>
public abstract class WebhookTests(SharedPlatform platform) : PlatformTests(platform)
{
    private const string Code = "def handler(event, context): return event['type'] + ' ' + event['id'] + ' ' + str(event['data']['n'])\n";

    [Fact]
    public async Task A_signed_delivery_runs_the_function_once_and_an_unsigned_one_starts_no_instance()
    {
        var (name, secret) = await DeployAsync("hooked");
        await Admin.InstancesAsync(name, 0);
        var path = $"/webhook/{name}/webhook";
        using var unsigned = await Platform.Public.PostAsync(path, new StringContent("{}"), Stop);
        var problem = await ManagementApi.ProblemAsync(unsigned);
        Assert.Equal((401, "Unauthorized"), (problem.Status, problem.Error));
        Assert.Contains("X-Hub-Signature-256", problem.Detail, StringComparison.Ordinal);
        using var wrong = await SendAsync(path, "wrong", "d-1");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);

        var described = await Admin.DescribeAsync(name);
        Assert.Equal((0, 0), (described.Summary.Instances, described.Summary.Invocations));
        var trigger = await TriggerAsync(name);
        Assert.Equal(("webhook", $"github at {path}", 0, 2), (trigger.Kind, trigger.Subject, trigger.Events, trigger.Failures));

        using var right = await SendAsync(path, secret, "d-1");
        Assert.Equal(HttpStatusCode.Accepted, right.StatusCode);
        var id = right.Headers.GetValues("X-Call-Id").Single();
        var ended = await Admin.EndedAsync(id);
        Assert.Equal((InvocationState.Succeeded, "\"com.github.push d-1 7\""), (ended.State, ended.Result?.Text));

        using var again = await SendAsync(path, secret, "d-1");
        Assert.Equal((HttpStatusCode.Accepted, id), (again.StatusCode, again.Headers.GetValues("X-Call-Id").Single()));
        Assert.Equal("true", again.Headers.GetValues(AttemptHeaders.Replayed).Single());
        Assert.Single(await Admin.InvocationsAsync($"function={name}"));
    }

    [Fact]
    public async Task A_secret_that_there_is_not_refuses_the_deployment_and_one_in_use_stays()
    {
        var name = TestFunctions.NewName("unset");
        var (spec, bundle) = TestFunctions.Python(name, Code);
        var secret = SecretOf(name);
        var (_, problem) = await Admin.TryDeployAsync(Hooked(spec, secret), bundle);
        Assert.Equal("InvalidSpec", problem?.Error);
        Assert.Contains($"triggers[0]: there is no secret '{secret}'; `faas secret set {secret}` makes it", problem?.Detail, StringComparison.Ordinal);

        await SetAsync(secret, "the-secret-value");
        await Admin.DeployAsync(Hooked(spec, secret), bundle);
        var refused = await Platform.RunCliAsync("secret", "delete", secret);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{name}/webhook", refused.All, StringComparison.Ordinal);
        var list = await Platform.RunCliAsync("secret", "list");
        Assert.Contains(secret, list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-value", list.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_set_anew_counts_at_once_and_a_deleted_one_is_named_by_the_trigger()
    {
        var (name, secret) = await DeployAsync("renewed");
        var path = $"/webhook/{name}/webhook";
        await SetAsync(SecretOf(name), "another");
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(path, secret, "d-1")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(path, "another", "d-1")).StatusCode);
        Assert.Equal(0, (await Platform.RunCliAsync("secret", "delete", SecretOf(name), "--force")).ExitCode);
        using var refused = await SendAsync(path, "another", "d-2");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
        await Eventually.HoldsAsync("the trigger says why", async () => await TriggerAsync(name) is { State: TriggerState.Failing, Detail: { } detail } && detail.Contains(SecretOf(name), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delivery_survives_the_controller_s_death_and_secrets_do_too()
    {
        var (name, secret) = await DeployAsync("survivor");
        var before = await SendAsync($"/webhook/{name}/webhook", secret, "d-1");
        await Platform.KillAndAwaitSuccessorAsync("controller");
        using var after = await SendAsync($"/webhook/{name}/webhook", secret, "d-1");   // the gateway waits for the new one
        Assert.Equal((HttpStatusCode.Accepted, before.Headers.GetValues("X-Call-Id").Single()), (after.StatusCode, after.Headers.GetValues("X-Call-Id").Single()));
        Assert.Equal(InvocationState.Succeeded, (await Admin.EndedAsync(before.Headers.GetValues("X-Call-Id").Single())).State);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Platform.Folder.SecretKeyFile));
    }

    private static string SecretOf(string function) => function.ToUpperInvariant().Replace('-', '_');

    private static FunctionSpec Hooked(FunctionSpec spec, string secret) => spec with
    {
        KeepAlive = TimeSpan.FromSeconds(1), Triggers = [new TriggerSpec { Webhook = new WebhookSpec { Scheme = WebhookScheme.Github, Secret = $"${{{secret}}}" } }],
    };

    private async Task<(string Name, string Secret)> DeployAsync(string prefix)
    {
        var name = TestFunctions.NewName(prefix);
        var value = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        await SetAsync(SecretOf(name), value);
        var (spec, bundle) = TestFunctions.Python(name, Code);
        await Admin.DeployAsync(Hooked(spec, SecretOf(name)), bundle);
        return (name, value);
    }

    private async Task SetAsync(string secret, string value)
    {
        using var set = await Admin.Http.PutAsync($"/v1/secrets/{secret}", new StringContent(value), Stop);
        Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
    }

    private async Task<TriggerDescription> TriggerAsync(string function) =>
        Assert.Single((await Admin.Http.GetFromJsonAsync<TriggerDescription[]>($"/v1/triggers?function={function}", ManagementApi.Json, Stop))!);

    private async Task<HttpResponseMessage> SendAsync(string path, string secret, string delivery)
    {
        var body = """{"n":7}"""u8.ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-GitHub-Event", "push");
        request.Headers.Add("X-GitHub-Delivery", delivery);
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));
        return await Platform.Public.SendAsync(request, Stop);
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class WebhooksInProcesses(ProcessPlatform platform) : WebhookTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class WebhooksInContainers(DockerPlatform platform) : WebhookTests(platform);
