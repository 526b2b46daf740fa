using System.Net;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Budgets as their users see them. Each test has a platform of its own: parts of it are killed, and namespaces are shared.</summary>
public sealed class BudgetTests
{
    /// <summary>Less than one invocation costs at the default prices.</summary>
    private const string Tiny = "0.0000001";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_spent_budget_stops_its_function_over_every_kill_and_lets_it_go_on_when_it_is_raised()
    {
        using var receiver = new WebhookReceiver();
        await using var platform = await StartAsync();
        await CliAsync(platform, "budget", "set", "hello", "--amount", Tiny, "--webhook", receiver.Url);
        Assert.Equal("hello", await platform.CallAsync("hello").TextAsync());
        await RefusedAsync(platform, "hello");
        var problem = await platform.CallAsync("hello").FailsWithAsync("BudgetExceeded");
        Assert.Contains("function 'hello'", problem.Detail, StringComparison.Ordinal);

        // Events wait, and who wants the result is refused.
        var waiting = await platform.AcceptAsync("hello", "/");
        using var awaited = new HttpRequestMessage(HttpMethod.Post, "/function/hello") { Content = new StringContent("{}") };
        awaited.Headers.Add("Idempotency-Key", "k1");
        await platform.Public.SendAsync(awaited, Stop).FailsWithAsync("BudgetExceeded");

        // The gateway alone keeps it, the next controller knows it, and so does the next gateway with its first answer.
        var old = await platform.ControllerAsync();
        ProcessTable.Signal(old, ProcessTable.SigKill);
        await platform.CallAsync("hello").FailsWithAsync("BudgetExceeded");
        await Eventually.HoldsAsync("the next controller", async () => await StateAsync(platform, "hello") == "stopped");
        await platform.CallAsync("hello").FailsWithAsync("BudgetExceeded");
        await platform.KillAndAwaitSuccessorAsync("gateway");
        await Eventually.HoldsAsync("the next gateway refuses", async () => await TryCallAsync(platform, "hello") is { } status && Refused(status));
        Assert.Equal(InvocationState.Queued, (await platform.Admin.InvocationAsync(waiting)).State);

        await CliAsync(platform, "budget", "set", "hello", "--amount", "1");
        Assert.Equal("hello", await platform.CallAsync("hello").TextAsync());
        var ended = await platform.Admin.EndedAsync(waiting);
        Assert.Equal((InvocationState.Succeeded, 1), (ended.State, ended.Attempts));
        // One that the killed controller was sending may come twice, under the same id.
        await Eventually.HoldsAsync("three warnings", () => receiver.Taken.DistinctBy(taken => taken.Id).Count() == 3);
        Assert.Equal([50, 80, 100], receiver.Taken.DistinctBy(taken => taken.Id).Select(taken => taken.Json.GetProperty("data").GetProperty("percent").GetInt32()).Order());
        Assert.All(receiver.Taken, taken => Assert.True(taken.IsSignedWith(platform.Folder.CallbackKeyFile)));
        Assert.Contains(receiver.Taken, taken => taken.Json.GetProperty("type").GetString() == "faas.budget.exceeded");
        Assert.Contains("faas_budget_state{budget=\"function:hello:month\",state=\"within\"} 1", await platform.Admin.Http.GetStringAsync("/metrics", Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespaces_budget_stops_all_of_its_functions_and_one_that_is_deployed_afterwards()
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("pay.shop", "hello.py");
        await platform.DeployAsync("cart.shop", "hello.py");
        await CliAsync(platform, "budget", "set", "--namespace", "shop", "--amount", Tiny, "--period", "day");
        Assert.Equal("hello", await platform.CallAsync("pay.shop").TextAsync());
        await RefusedAsync(platform, "cart.shop");
        await RefusedAsync(platform, "pay.shop");
        await platform.DeployAsync("new.shop", "hello.py");
        await platform.CallAsync("new.shop").FailsWithAsync("BudgetExceeded");
        Assert.Equal("hello", await platform.CallAsync("hello").TextAsync());

        await CliAsync(platform, "budget", "delete", "--namespace", "shop", "--period", "day");
        Assert.Equal("hello", await platform.CallAsync("new.shop").TextAsync());
        Assert.Equal("hello", await platform.CallAsync("cart.shop").TextAsync());
    }

    [Fact]
    public async Task A_throttled_function_serves_its_rate_and_its_events_one_after_the_other()
    {
        await using var platform = await StartAsync();
        await CliAsync(platform, "budget", "set", "hello", "--amount", Tiny, "--action", "throttle", "--rate", "5");
        await platform.CallAsync("hello").TextAsync();
        await RefusedAsync(platform, "hello");   // what was saved up is used
        Assert.Equal("throttled", await StateAsync(platform, "hello"));
        var began = TimeProvider.System.GetTimestamp();
        var (served, refused) = (0, 0);
        await Eventually.HoldsAsync("sixteen are served", async () =>
        {
            var status = await TryCallAsync(platform, "hello");
            served += status == HttpStatusCode.OK ? 1 : 0;
            refused += status == HttpStatusCode.TooManyRequests ? 1 : 0;
            return served == 16;
        });

        Assert.InRange(served, 0, 1 + (5 * TimeProvider.System.GetElapsedTime(began).TotalSeconds));
        Assert.NotEqual(0, refused);

        var ids = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => platform.AcceptAsync("hello", "/")));
        foreach (var id in ids)
        {
            var ended = await platform.Admin.EndedAsync(id);
            Assert.Equal((InvocationState.Succeeded, 1), (ended.State, ended.Attempts));
        }
    }

    private static Task<Platform> StartAsync() => Platform.StartAsync(new PlatformOptions
    {
        Sandbox = "process", Environment = new Dictionary<string, string> { ["Faas__Events__LocalCallbackHosts__0"] = "127.0.0.1" },
    });

    private static async Task CliAsync(Platform platform, params string[] words)
    {
        var result = await platform.RunCliAsync(words);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private static Task RefusedAsync(Platform platform, string function) =>
        Eventually.HoldsAsync($"{function} is refused", async () => await TryCallAsync(platform, function) == HttpStatusCode.TooManyRequests);

    private static async Task<string?> StateAsync(Platform platform, string function)
    {
        try
        {
            var text = await platform.Admin.Http.GetStringAsync($"/v1/budgets/function:{function}:month", Stop);
            return JsonDocument.Parse(text).RootElement.GetProperty("state").GetString();
        }
        catch (HttpRequestException)
        {
            return null;   // the controller is away
        }
    }

    /// <summary>The answer's status; null when nothing answers.</summary>
    private static async Task<HttpStatusCode?> TryCallAsync(Platform platform, string function)
    {
        try
        {
            using var answer = await platform.CallAsync(function);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>False for what a gateway says that does not know its functions yet. An answer of the function would be an invocation that the budget does not allow.</summary>
    private static bool Refused(HttpStatusCode status)
    {
        Assert.NotEqual(HttpStatusCode.OK, status);
        return status == HttpStatusCode.TooManyRequests;
    }
}
