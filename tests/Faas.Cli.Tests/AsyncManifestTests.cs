using Faas.Cli.Manifest;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

/// <summary><c>async:</c> and <c>triggers:</c> in a manifest.</summary>
public sealed class AsyncManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AsyncManifestTests() => _folder.Write("hello/handler.py", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_setting_of_async_is_read()
    {
        var (functions, problems) = Read("""
            async:
                  maxAttempts: 5
                  backoffMin: 2s
                  backoffMax: 1m30s
                  maxAge: 1h
                  concurrency: 2
                  queueMax: 1000
                  keepResult: 0s
                  onSuccess: {topic: done}
                  onFailure: {url: https://example.com/failed}
            """);
        Assert.Empty(problems);
        var expected = new AsyncSpec
        {
            MaxAttempts = 5, BackoffMin = TimeSpan.FromSeconds(2), BackoffMax = TimeSpan.FromSeconds(90), MaxAge = TimeSpan.FromHours(1), Concurrency = 2, QueueMax = 1000, KeepResult = TimeSpan.Zero,
            OnSuccess = new Destination { Topic = "done" }, OnFailure = new Destination { Url = "https://example.com/failed" },
        };
        Assert.Equal(expected, Assert.Single(functions).Spec.Async);
    }

    [Fact]
    public void What_async_does_not_say_has_its_default_and_a_function_may_be_a_destination()
    {
        var (functions, problems) = Read("async: {onFailure: {function: alerts.ops}}");
        Assert.Empty(problems);
        Assert.Equal(new AsyncSpec { OnFailure = new Destination { Function = "alerts.ops" } }, Assert.Single(functions).Spec.Async);
    }

    [Fact]
    public void Without_async_and_triggers_the_spec_has_none()
    {
        var spec = Assert.Single(Read("memory: 256MiB").Functions).Spec;
        Assert.Null(spec.Async);
        Assert.Null(spec.Triggers);
        Assert.Null(Assert.Single(Read("triggers: []").Functions).Spec.Triggers);
    }

    [Fact]
    public void Triggers_are_a_list_or_one()
    {
        Assert.Equal([new TriggerSpec { Topic = "orders" }], Assert.Single(Read("triggers: {topic: orders}").Functions).Spec.Triggers!);
        Assert.Equal(
            [new TriggerSpec { Topic = "orders", Name = "new-orders" }, new TriggerSpec { Topic = "orders" }],
            Assert.Single(Read("triggers:\n    - {topic: orders, name: new-orders}\n    - topic: orders").Functions).Spec.Triggers!);
    }

    [Theory]
    [InlineData("async: 3", 4, 12, "'async' must be settings, like {maxAttempts: 5,")]
    [InlineData("async: {maxAtempts: 3}", 4, 13, "unknown setting of 'async' 'maxAtempts'; did you mean 'maxAttempts'?")]
    [InlineData("async: {max-attempts: 3}", 4, 13, "did you mean 'maxAttempts'?")]
    [InlineData("async: {maxAttempts: many}", 4, 26, "'maxAttempts' must be a whole number, not 'many'")]
    [InlineData("async: {maxAttempts: 0}", 4, 13, "async.maxAttempts: was 0; must be 1 to 100")]
    [InlineData("async: {backoffMin: 1}", 4, 25, "'backoffMin' must be a duration like 1s or 500ms, not '1'")]
    [InlineData("async: {backoffMin: 1ms}", 4, 13, "async.backoffMin: was")]
    [InlineData("async: {backoffMin: 10m, backoffMax: 5m}", 4, 30, "async.backoffMax: was")]
    [InlineData("async:\n      maxAttempts: 3\n      maxAge: 15d", 6, 7, "async.maxAge: was")]
    [InlineData("async: {concurrency: 0}", 4, 13, "async.concurrency: was 0")]
    [InlineData("async: {queueMax: 0}", 4, 13, "async.queueMax: was 0")]
    [InlineData("async: {keepResult: 31d}", 4, 13, "async.keepResult: was")]
    [InlineData("async: {onFailure: alerts}", 4, 24, "'onFailure' must be written like {function: NAME}, {topic: NAME} or {url: https://...}")]
    [InlineData("async: {onFailure: {}}", 4, 13, "async.onFailure: must name one of 'function', 'topic' and 'url'")]
    [InlineData("async: {onFailure: {topic: a, url: https://b}}", 4, 13, "async.onFailure: must name one of")]
    [InlineData("async: {onSuccess: {topics: a}}", 4, 25, "unknown destination 'topics'; did you mean 'topic'?")]
    [InlineData("async: {onSuccess: {url: ftp://a}}", 4, 13, "'url' must be an http or https address")]
    [InlineData("async: {onSuccess: {topic: [a]}}", 4, 32, "'topic' must be a topic's name")]
    [InlineData("triggers: orders", 4, 15, "'triggers' must be a list of triggers, like [{topic: orders}]")]
    [InlineData("triggers: [orders]", 4, 16, "a trigger must be written like {topic: orders}")]
    [InlineData("triggers: [{topik: orders, topic: orders}]", 4, 17, "unknown setting of a trigger 'topik'; did you mean 'topic'?")]
    [InlineData("triggers: [{name: orders}]", 4, 16, "triggers: must say what invokes the function")]
    [InlineData("triggers: [{topic: Orders}]", 4, 16, "triggers: 'topic' must be made of the characters of function names")]
    [InlineData("triggers: [{topic: orders, name: a b}]", 4, 16, "triggers: 'name' must be made of")]
    [InlineData("triggers:\n    - {topic: orders}\n    - {topic: orders}", 6, 7, "triggers: there are two triggers named 'orders'")]
    [InlineData("triggers:\n    - {topic: a, name: x}\n    - {topic: b, name: x}", 6, 7, "two triggers named 'x'")]
    public void A_mistake_is_reported_where_it_is(string settings, int line, int column, string message)
    {
        var problem = Assert.Single(Read(settings).Problems);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (problem.Line, problem.Column));
    }

    [Fact]
    public void More_than_sixteen_triggers_are_refused_at_their_key()
    {
        var problem = Assert.Single(Read("triggers:\n" + string.Concat(Enumerable.Range(0, 17).Select(i => $"    - {{topic: t{i}}}\n"))).Problems);
        Assert.Equal((4, 5, "triggers: has 17 triggers; must have at most 16"), (problem.Line, problem.Column, problem.Message));
    }

    private (IReadOnlyList<ManifestFunction> Functions, IReadOnlyList<ManifestProblem> Problems) Read(string settings) =>
        ManifestReader.Read("faas.yaml", _folder.Path, $"functions:\n  hello:\n    runtime: python\n    {settings}\n");
}
