namespace Faas.Runtimes.Tests;

/// <summary>Specialize, and all the ways in which it can be refused.</summary>
public sealed class LoadingTests
{
    [Theory]
    [InlineData(Workers.Python, "app.py", "def handler(event, context)\n    return 1\n", "LoadFailed", "app.py, line 1")]
    [InlineData(Workers.Node, "app.js", "\nexports.handler = async ( => 1;\n", "LoadFailed", "app.js:2")]
    [InlineData(Workers.Node, "app.mjs", "export const a = 1;\nexport const handler = async ( => 1;\n", "LoadFailed", "app.mjs:2")]
    [InlineData(Workers.Python, "app.py", "import requests_of_nobody\n", "LoadFailed", "'requests_of_nobody' was not found, imported at app.py:1")]
    [InlineData(Workers.Python, "app.py", "import requests_of_nobody\n", "LoadFailed", "requirements.txt")]
    [InlineData(Workers.Node, "app.js", "require('express-of-nobody');\n", "LoadFailed", "'express-of-nobody' was not found, imported by app.js: list its package in package.json")]
    [InlineData(Workers.Node, "app.mjs", "import 'express-of-nobody';\n", "LoadFailed", "'express-of-nobody' was not found, imported by app.mjs")]
    [InlineData(Workers.Node, "app.js", "require('./missing');\n", "LoadFailed", "'./missing' was not found")]
    [InlineData(Workers.Python, "app.py", "def other(event, context): pass\n", "HandlerNotFound", "app.py has no function handler; it has: other")]
    [InlineData(Workers.Node, "app.js", "exports.other = () => 1;\n", "HandlerNotFound", "app.js has no function handler; it has: other")]
    [InlineData(Workers.Python, "main.py", "", "HandlerNotFound", "there is no app.py")]
    [InlineData(Workers.Node, "main.js", "", "HandlerNotFound", "there is no app.js")]
    [InlineData(Workers.Python, "app.py", "raise ValueError('no database')\n", "InitFailed", "ValueError: no database")]
    [InlineData(Workers.Node, "app.js", "throw new TypeError('no database');\n", "InitFailed", "TypeError: no database")]
    [InlineData(Workers.Python, "app.py", "import sys\nsys.exit(3)\n", "InitFailed", "sys.exit(3)")]
    public async Task A_function_that_does_not_load_is_refused_with_the_reason(string runtime, string file, string code, string error, string reason)
    {
        await using var worker = await Workers.StartAsync(runtime);
        worker.WriteCode(file, code);

        var answer = await worker.SpecializeAsync("app.handler");

        Assert.Equal((false, error), (answer.Ok, answer.Error));
        Assert.Contains(reason, answer.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_second_Specialize_is_refused_whatever_became_of_the_first(string runtime)
    {
        await using var worker = await Workers.StartAsync(runtime, "def handler(event, context):\n    return 1\n", "exports.handler = () => 1;\n");

        Assert.Equal("HandlerNotFound", (await worker.SpecializeAsync("nothing.here")).Error);
        Assert.Equal("AlreadySpecialized", (await worker.SpecializeAsync("app.handler")).Error);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Functions_that_serve_http_themselves_are_sent_to_the_dotnet_stem(string runtime)
    {
        await using var worker = await Workers.StartAsync(runtime);

        var answer = await worker.SpecializeAsync(null, kind: "http");

        Assert.Equal("LoadFailed", answer.Error);
        Assert.Contains("dotnet", answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Workers.Python, "lib/deep.py", "def run(event, context):\n    return 'found'\n", "lib/deep.run")]
    [InlineData(Workers.Python, "pkg/mod.py", "def run(event, context):\n    return 'found'\n", "pkg.mod.run")]
    [InlineData(Workers.Python, "lambda_function.py", "def lambda_handler(event, context):\n    return 'found'\n", null)]
    [InlineData(Workers.Python, "csv.py", "def handler(event, context):\n    return 'found'\n", "csv.handler")]
    [InlineData(Workers.Node, "lib/deep.js", "exports.run = async () => 'found';\n", "lib/deep.run")]
    [InlineData(Workers.Node, "index.mjs", "export async function handler() { return 'found'; }\n", null)]
    [InlineData(Workers.Node, "app.js", "module.exports = async () => 'found';\n", "app.handler")]
    [InlineData(Workers.Node, "app.cjs", "exports.api = { run: async () => 'found' };\n", "app.api.run")]
    public async Task Handlers_are_found_by_their_Lambda_names_or_by_convention(string runtime, string file, string code, string? handler)
    {
        await using var worker = await Workers.StartAsync(runtime);
        worker.WriteCode(file, code);
        await worker.SpecializeOkAsync(handler);

        Assert.Equal("found", (await worker.InvokeAsync(new InvocationRequest())).Text);
    }

    [Fact]
    public async Task Python_finds_vendored_packages_and_leaves_nothing_behind_in_the_code()
    {
        await using var worker = await Workers.StartAsync(Workers.Python);
        worker.WriteCode(".deps/vendored.py", "where = 'deps'\n");
        worker.WriteCode("python/layered.py", "where = 'layer'\n");
        worker.WriteCode("app.py", "import vendored, layered, sys\ndef handler(event, context):\n    return [vendored.where, layered.where, 'worker' in sys.modules, [p for p in sys.path if 'runtimes' in p]]\n");
        await worker.SpecializeOkAsync("app.handler");

        Assert.Equal("""["deps","layer",false,[]]""", (await worker.InvokeAsync(new InvocationRequest())).Text);
        Assert.Empty(Directory.GetDirectories(worker.Code, "__pycache__", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Node_finds_packages_in_node_modules_and_ES_modules_by_package_json()
    {
        await using var worker = await Workers.StartAsync(Workers.Node);
        worker.WriteCode("package.json", """{"type":"module"}""");
        worker.WriteCode("node_modules/vendored/index.js", "module.exports = 'vendored';\n");
        worker.WriteCode("app.js", "import v from 'vendored';\nconst later = await Promise.resolve('awaited');\nexport const handler = async () => [v, later];\n");
        await worker.SpecializeOkAsync("app.handler");

        Assert.Equal("""["vendored","awaited"]""", (await worker.InvokeAsync(new InvocationRequest())).Text);
    }
}
