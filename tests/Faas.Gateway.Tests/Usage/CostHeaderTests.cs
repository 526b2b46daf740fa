using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Gateway.Tests.Fakes;
using Faas.Gateway.Tests.Forwarding;
using Faas.Link;

namespace Faas.Gateway.Tests.Usage;

/// <summary>Answers say what they cost where that is known when the head leaves, and it is what the record comes to.</summary>
public sealed class CostHeaderTests
{
    private static readonly PriceTerms Terms = new() { Currency = "EUR", PerMillionRequests = 0.2m, PerGiBSecond = 0.0000166667m, RoundUpMs = 1, MinimumMs = 1 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_says_what_it_costs_which_is_what_its_record_comes_to(bool isByKestrel)
    {
        await using var gateway = await StartAsync(Tell((0, Terms)));
        await gateway.InstanceAsync(call =>
        {
            call.CpuMicros = 700;
            return call.AnswerAsync().AsTask();
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/function/hello");
        if (isByKestrel)
        {
            request.Headers.TryAddWithoutValidation("Expect", "100-continue");   // not plain enough for the fast path
        }

        AssertIsPriced(await gateway.SendAsync(request), gateway.Recorded().Single(), Terms);
    }

    [Fact]
    public async Task Cpu_time_and_bytes_are_in_it_where_they_have_a_price()
    {
        var terms = Terms with { PerVCpuSecond = 0.00002m, PerGBOut = 90 };
        await using var gateway = await StartAsync(Tell((0, terms)));
        await gateway.InstanceAsync(call =>
        {
            call.CpuMicros = 700_000;
            return call.AnswerAsync(body: "hello").AsTask();
        });
        var answer = await gateway.GetAsync();
        var record = gateway.Recorded().Single();
        AssertIsPriced(answer, record, terms);
        Assert.True(AmountOf(answer) > 0.0000144m, answer.Header("X-Faas-Cost"));   // 0.7 s and five bytes
        var head = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/function/hello"));
        AssertIsPriced(head, gateway.Recorded()[1], terms);
    }

    [Fact]
    public async Task Failures_say_what_they_cost_too()
    {
        await using var gateway = await StartAsync(Tell((0, Terms)));
        await gateway.InstanceAsync(async call =>
        {
            call.WriteFailure("Unhandled");
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });
        await gateway.Controller.SendAsync(Say.Route("full", "r2", line: 0));
        AssertIsPriced(await gateway.GetAsync(), gateway.Recorded().Single(), Terms);
        var refused = await gateway.GetAsync("/function/full");
        Assert.Equal(("QueueFull", "0 EUR", "0"), (refused.Error, refused.Header("X-Faas-Cost"), refused.Header("X-Faas-Billed-Ms")));
    }

    [Fact]
    public async Task A_timeout_says_what_it_costs_until_then()
    {
        await using var gateway = await StartAsync(Tell((0, Terms)), Say.Route(timeout: TimeSpan.FromMilliseconds(20)));
        await gateway.InstanceAsync(call => call.Cancelled);
        var answer = await gateway.GetAsync();
        Assert.Equal("Timeout", answer.Error);
        AssertIsPriced(answer, gateway.Recorded().Single(), Terms);
    }

    [Fact]
    public async Task The_price_is_that_of_the_moment_at_which_it_was_received()
    {
        var past = (DateTimeOffset.UtcNow.AddHours(-1) - DateTimeOffset.UnixEpoch).Ticks / 10;
        var future = (DateTimeOffset.UtcNow.AddHours(1) - DateTimeOffset.UnixEpoch).Ticks / 10;
        await using var gateway = await StartAsync(Tell((0, Terms), (past, Terms with { PerMillionRequests = 5_000_000 }), (future, Terms with { PerMillionRequests = 1 })));
        await gateway.InstanceAsync();
        Assert.StartsWith("5.", (await gateway.GetAsync()).Header("X-Faas-Cost"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_prices_nothing_is_said_and_a_function_cannot_say_it_itself()
    {
        await using var gateway = await StartAsync(Tell());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, 0, ("x-faas-cost", "0"), ("x-faas-billed-ms", "0"));
            call.WriteEnd();
            await call.FlushAsync();
        });
        AssertSilent(await gateway.GetAsync());
        await gateway.Controller.SendAsync(Tell((0, Terms)));
        await GatewayFixture.EventuallyAsync(() => gateway.GetAsync().GetAwaiter().GetResult().Header("X-Faas-Cost") is { } cost && cost.EndsWith(" EUR", StringComparison.Ordinal));
        await gateway.Controller.SendAsync(Tell());
        await GatewayFixture.EventuallyAsync(() => gateway.GetAsync().GetAwaiter().GetResult().Header("X-Faas-Cost") is null);
    }

    [Fact]
    public async Task A_function_behind_http_says_it_with_a_short_answer()
    {
        await using var gateway = await StartAsync(Say.Route(isHttp: true), Tell((0, Terms)));
        await using var function = await HttpFunctionTests.FunctionAsync(gateway, async http =>
        {
            http.Response.ContentLength = int.Parse(http.Request.Query["length"].ToString(), System.Globalization.CultureInfo.InvariantCulture);
            await http.Response.Body.WriteAsync(new byte[http.Response.ContentLength.Value]);
        });
        foreach (var length in new[] { 0, 1000 })
        {
            var answer = await gateway.GetAsync($"/function/hello?length={length}");
            Assert.Equal(length, answer.Text.Length);
            AssertIsPriced(answer, gateway.Recorded()[^1], Terms);
        }

        var longer = await gateway.GetAsync("/function/hello?length=100000");
        Assert.Equal((100_000, 100_000L), (longer.Text.Length, gateway.Recorded()[^1].BytesOut));
        AssertSilent(longer);
    }

    [Fact]
    public async Task A_stream_says_nothing_because_its_head_leaves_before_it_has_ended()
    {
        await using var gateway = await StartAsync(Tell((0, Terms)));
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1);
            call.WriteBody("hello");
            call.WriteEnd();
            await call.FlushAsync();
        });
        AssertSilent(await gateway.GetAsync());
    }

    private static Task<GatewayFixture> StartAsync(params ControllerMessage[] picture) => GatewayFixture.StartAsync(null, [Say.Route(), .. picture]);

    private static ControllerMessage Tell(params (long SinceUs, PriceTerms Terms)[] versions)
    {
        var prices = new Prices();
        prices.Versions.AddRange(versions.Select(version => new PriceVersion { SinceUs = version.SinceUs, Terms = JsonSerializer.Serialize(version.Terms, FaasJson.Default.PriceTerms) }));
        return new ControllerMessage { Prices = prices };
    }

    private static void AssertIsPriced(Answer answer, UsageEntry record, PriceTerms terms)
    {
        var billedMs = Charge.BilledMs(terms, TimeSpan.FromMicroseconds(record.RunUs), record.Outcome, ran: true);
        Assert.True(billedMs > 0);
        Assert.Equal($"{billedMs}", answer.Header("X-Faas-Billed-Ms"));
        Assert.Equal(Charge.OfRequest(terms, billedMs, record.MemoryMiB) + Charge.OfExtras(terms, record.CpuUs, record.BytesOut), AmountOf(answer));
        Assert.EndsWith(" EUR", answer.Header("X-Faas-Cost"), StringComparison.Ordinal);
    }

    private static decimal AmountOf(Answer answer) => decimal.Parse(answer.Header("X-Faas-Cost")!.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static void AssertSilent(Answer answer) => Assert.Equal((null, null), (answer.Header("X-Faas-Cost"), answer.Header("X-Faas-Billed-Ms")));
}
