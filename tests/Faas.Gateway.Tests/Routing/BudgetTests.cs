using System.Net;
using Faas.Contracts.Invocations;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Faas.Link;

namespace Faas.Gateway.Tests.Routing;

/// <summary>What callers of a function get whose budget is spent.</summary>
public sealed class BudgetTests
{
    private static readonly ControllerMessage Stopped = Held(0);

    [Theory]
    [InlineData(false)]   // the fast path, which only handlers take
    [InlineData(true)]
    public async Task A_stopped_function_refuses_with_a_typed_error_and_starts_no_instance(bool isHttp)
    {
        var route = Held(0);
        route.Route.IsHttp = isHttp;
        await using var gateway = await GatewayFixture.StartAsync(null, route);
        gateway.Controller.Acknowledges = false;
        var answer = await gateway.GetAsync();
        Assert.Equal((HttpStatusCode.TooManyRequests, "BudgetExceeded", "the budget is spent"), (answer.Status, answer.Error, answer.Detail));
        Assert.Equal("caller", answer.Json.GetProperty("blame").GetString());
        Assert.InRange(int.Parse(answer.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 590, 600);
        var usage = Assert.Single(await gateway.RecordedAsync(1));
        Assert.Equal((InvocationError.BudgetExceeded, 429, "", 0L), (usage.Outcome, usage.Status, usage.Instance, usage.RunUs));
        Assert.Equal(0, gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1").Load().Waiting);
    }

    [Fact]
    public async Task Bodies_and_further_requests_on_the_same_connection_are_refused_as_well()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Stopped);
        await using var caller = await RawCaller.ConnectAsync(gateway);
        for (var i = 0; i < 3; i++)
        {
            await caller.SendAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
            Assert.Contains("BudgetExceeded", (await caller.ReadAsync()).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_raised_budget_lets_the_function_go_on_with_the_instances_that_it_has()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        await SetAsync(gateway, Stopped, isHeld: true);
        Assert.Equal("BudgetExceeded", (await gateway.GetAsync()).Error);
        await SetAsync(gateway, Say.Route(), isHeld: false);
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
    }

    [Fact]
    public async Task A_gateway_whose_controller_is_away_keeps_what_it_was_told_last()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Stopped);
        await gateway.Controller.DisposeAsync();
        Assert.Equal("BudgetExceeded", (await gateway.GetAsync()).Error);
    }

    [Fact]
    public async Task A_throttled_function_serves_its_rate_and_refuses_the_others()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Held(0.01));
        await gateway.InstanceAsync();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        var refused = await gateway.GetAsync();
        Assert.Equal(("BudgetExceeded", "100"), (refused.Error, refused.Header("Retry-After")));
    }

    [Fact]
    public async Task Events_of_a_stopped_function_are_accepted_and_only_who_waits_for_a_result_is_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Stopped);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync("/async-function/hello", new StringContent("{}"))).Status);
        var request = new HttpRequestMessage(HttpMethod.Post, "/function/hello") { Content = new StringContent("{}") };
        request.Headers.Add("Idempotency-Key", "k1");
        var awaited = await gateway.SendAsync(request);
        Assert.Equal((HttpStatusCode.TooManyRequests, "BudgetExceeded"), (awaited.Status, awaited.Error));
        Assert.InRange(int.Parse(awaited.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 590, 600);
    }

    private static ControllerMessage Held(double perSecond)
    {
        var message = Say.Route();
        message.Route.Budget = new BudgetLimit { PerSecond = perSecond, UntilUnixMs = TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds(), Detail = "the budget is spent" };
        return message;
    }

    private static async Task SetAsync(GatewayFixture gateway, ControllerMessage route, bool isHeld)
    {
        await gateway.Controller.SendAsync(route);
        await GatewayFixture.EventuallyAsync(() => gateway.Service<RouteTable>().TryFind("hello", out var found) && (found.Budget is not null) == isHeld);
    }
}
