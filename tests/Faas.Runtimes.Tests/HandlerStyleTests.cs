using System.Text;

namespace Faas.Runtimes.Tests;

/// <summary>The ways in which handlers are written, unmodified Lambda handlers among them.</summary>
public sealed class HandlerStyleTests
{
    [Theory]
    [InlineData("exports.handler = (event, context, callback) => setTimeout(() => callback(null, 'answer'), 1);")]
    [InlineData("exports.handler = (event, context, callback) => { callback(null, 'answer'); };")]
    [InlineData("exports.handler = (event, context) => { context.succeed('answer'); };")]
    [InlineData("exports.handler = () => 'answer';")]
    [InlineData("exports.handler = (event, context, callback) => Promise.resolve('answer');")]
    [InlineData("exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('ans'); stream.write('wer'); stream.end(); });")]
    [InlineData("exports.handler = async () => require('stream').Readable.from(['ans', 'wer']);")]
    [InlineData("exports.handler = function* () { yield 'ans'; yield 'wer'; };")]
    public async Task Node_handlers_answer_in_any_style(string code)
    {
        await using var worker = await Workers.ServeAsync(Workers.Node, "", code);
        Assert.Equal("answer", (await worker.InvokeAsync(new InvocationRequest())).Text);
    }

    [Fact]
    public async Task A_Node_callback_with_an_error_is_a_failure()
    {
        await using var worker = await Workers.ServeAsync(Workers.Node, "", "exports.handler = (event, context, callback) => { callback(new RangeError('refused')); };");
        var failure = (await worker.InvokeAsync(new InvocationRequest())).Failure;
        Assert.Equal(("RangeError", "refused"), (failure?.ErrorType, failure?.Message));
    }

    [Theory]
    [InlineData("import asyncio\nasync def handler(event, context):\n    await asyncio.sleep(0)\n    return 'answer'\n")]
    [InlineData("import asyncio\nasync def handler(event, context):\n    for c in ['ans', 'wer']:\n        await asyncio.sleep(0)\n        yield c\n")]
    [InlineData("import asyncio\nasync def work():\n    return 'answer'\ndef handler(event, context):\n    return asyncio.get_event_loop().run_until_complete(work())\n")]
    [InlineData("import asyncio\nasync def work():\n    return 'answer'\ndef handler(event, context):\n    return asyncio.run(work())\n")]
    [InlineData("import signal\ndef handler(event, context):\n    signal.signal(signal.SIGALRM, lambda *a: None)\n    signal.alarm(0)\n    return 'answer'\n")]
    [InlineData("import subprocess, sys\ndef handler(event, context):\n    return subprocess.run([sys.executable, '-c', 'print(\"answer\", end=\"\")'], capture_output=True, text=True, check=True).stdout\n")]
    [InlineData("class App:\n    def __call__(self, event, context):\n        return 'answer'\nhandler = App()\n")]
    public async Task Python_handlers_answer_in_any_style(string code)
    {
        await using var worker = await Workers.ServeAsync(Workers.Python, code, "");
        for (var i = 0; i < 2; i++)
        {
            var answer = await worker.InvokeAsync(new InvocationRequest());
            Assert.Null(answer.Failure?.Message);
            Assert.Equal("answer", answer.Text);
        }
    }

    [Theory]
    [InlineData(Workers.Python, "lambda_function.py", "lambda_function.lambda_handler")]
    [InlineData(Workers.Node, "index.js", "index.handler")]
    public async Task An_unmodified_Lambda_handler_runs(string runtime, string file, string handler)
    {
        await using var worker = await Workers.StartAsync(runtime);
        worker.WriteCode(file, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Lambdas", file), TestContext.Current.CancellationToken));
        await worker.SpecializeOkAsync(handler, new Dictionary<string, string> { ["TABLE_NAME"] = "orders" });
        InvocationRequest Order(string method, string path, string? body) => new()
        {
            Method = method, Path = path, Headers = [("content-type", "application/json")], Body = body is null ? null : Encoding.UTF8.GetBytes(body),
        };

        var created = await worker.InvokeAsync(Order("POST", "/orders", """{"item":"tea","quantity":2}"""));
        Assert.Equal(201, created.Status);
        Assert.Equal("orders", created.Header("x-table"));
        var id = created.Json.GetProperty("id").GetString()!;
        Assert.Equal("tea", (await worker.InvokeAsync(Order("GET", "/orders/" + id, null))).Json.GetProperty("item").GetString());
        Assert.Equal(404, (await worker.InvokeAsync(Order("GET", "/orders/none", null))).Status);
        Assert.Equal(400, (await worker.InvokeAsync(Order("POST", "/orders", """{"item":"tea"}"""))).Status);
        await worker.Control.WaitForLogAsync("created order " + id);
    }
}
