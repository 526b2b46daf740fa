using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>The gateway published as native code, without a warning of the trimmer or the compiler, in the place of the one that the CLI brings along.</summary>
[Trait("Speed", "slow")]
public sealed class NativeGatewayTests
{
    private const string Server = """
        import http.server, os

        class Page(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = b"page " + self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_published_without_warnings_and_serves_warm_cold_streamed_and_http()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc") || File.Exists("/usr/bin/clang"), "linking native code takes gcc or clang; tests/run.sh installs gcc as root on Debian");
        var folder = Directory.CreateTempSubdirectory("faas-native").FullName;
        try
        {
            var gateway = await PublishAsync(folder);
            await using var platform = await Platform.StartAsync(new PlatformOptions
            {
                Sandbox = "process",
                Environment = new Dictionary<string, string> { ["FAAS_GATEWAY"] = gateway },
            });
            Assert.Equal(gateway, ProcessTable.CommandOf(await platform.GatewayAsync())[0]);
            await ServesSmallInvocationsAsync(platform);
            await StreamsAsync(platform);
            await ServesHttpFunctionsAsync(platform);
            await StartsColdAsync(platform);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>With folders of its own, so that what other tests use is not built anew. Warnings are errors there too.</summary>
    private static async Task<string> PublishAsync(string folder)
    {
        var published = Path.Combine(folder, "gateway");
        var result = (await Command.RunAsync("dotnet",
        [
            "publish", Path.Combine(Repository.Root, "src/Faas.Gateway"), "-p:PublishAot=true", "-p:StripSymbols=true", "--artifacts-path", Path.Combine(folder, "artifacts"),
            "--output", published, "--disable-build-servers", "-nologo",
        ])).Succeeded();
        Assert.DoesNotContain("warning", result.All, StringComparison.OrdinalIgnoreCase);
        return Path.Combine(published, "faas-gateway");
    }

    private static async Task ServesSmallInvocationsAsync(Platform platform)
    {
        Assert.Equal("hello", await platform.CallAsync("hello").TextAsync());
        await platform.DeployAsync("echo", "echo.py");
        var answer = JsonDocument.Parse(await platform.PostAsync("echo", "{\"ü\":1}").TextAsync()).RootElement.GetProperty("event");
        Assert.Equal("{\"ü\":1}", answer.GetProperty("body").GetString());

        var large = new string('x', 1024 * 1024);   // Not over the shared connection, but through YARP.
        answer = JsonDocument.Parse(await platform.PostAsync("echo", large, "text/plain").TextAsync()).RootElement.GetProperty("event");
        Assert.Equal(large, answer.GetProperty("body").GetString());
        await platform.CallAsync("nobody").FailsWithAsync("NotFound");
    }

    private static async Task StreamsAsync(Platform platform)
    {
        await platform.DeployAsync("stream", "stream.py", spec => spec with { Concurrency = 2, MaxInstances = 1 });
        using var response = await platform.Public.GetAsync("/function/stream", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop), Encoding.UTF8);
        Assert.Equal("first", await reader.ReadLineAsync(Stop));
        Assert.Equal("ok", await platform.CallAsync("stream/seen").TextAsync());
        Assert.Equal("second", await reader.ReadLineAsync(Stop));
    }

    private static async Task ServesHttpFunctionsAsync(Platform platform)
    {
        await platform.Admin.DeployAsync(new FunctionSpec { Name = "page", Runtime = Runtimes.Http, Command = ["python3", "server.py"] }, Bundle.Of(("server.py", Server)));
        Assert.Equal("page /a?b=1", await platform.CallAsync("page/a?b=1").TextAsync());
    }

    private static async Task StartsColdAsync(Platform platform)
    {
        await platform.DeployAsync("cold", "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        await platform.Admin.InstancesAsync("cold", 0);
        using var response = await platform.CallAsync("cold");
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Stop));
        Assert.True(response.Timing("cold") > 0);
    }
}
