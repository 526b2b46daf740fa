using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

/// <summary>Functions that are container images. The image is the host image with a command of its own, because tests have no registry.</summary>
public sealed class ImageTests(RuntimesFixture runtimes)
{
    private const string Serve = "import http.server,os,sys; print('listening soon', flush=True); "
        + "H=type('H',(http.server.BaseHTTPRequestHandler,),{'do_GET':lambda s:(s.send_response(200),s.end_headers(),s.wfile.write(('uid '+str(os.getuid())).encode()))}); "
        + "http.server.HTTPServer(('0.0.0.0',int(os.environ['PORT'])),H).serve_forever()";

    [Fact]
    public async Task An_image_that_serves_http_answers_at_its_address_and_survives_a_controller()
    {
        var first = await TestHost.StartAsync("docker", runtimes);
        await using var image = await TestImage.MakeAsync("python3", "-c", Serve);
        var instance = TestHost.Succeeded(await ActivateAsync(first, image.Name));
        Assert.Null(instance.Socket);
        Assert.Matches("^uid 2[0-9]{5}$", await HttpCall.GetAsync(instance, "/"));
        await first.Events.UntilAsync(() => first.Events.Lines.Any(l => l is { Text: "listening soon", Stream: "stdout" }));

        await using (var second = await first.SuccessorAsync())
        {
            var adopted = Assert.Single(await second.Host.AdoptAsync(_ => true, TestContext.Current.CancellationToken));
            Assert.Equal(instance, adopted.Instance);
            await HttpCall.GetAsync(adopted.Instance, "/");
            await second.Events.UntilAsync(() => second.Events.Lines.Any(l => l.Text.Contains("GET / HTTP", StringComparison.Ordinal) && l.Stream == "stderr"));
        }

        await LifetimeTests.AssertNothingLeftAsync(first, "docker");
        await first.DisposeAsync();
    }

    [Theory]
    [InlineData("SIGTERM", null)]
    [InlineData("SIGUSR1", "SIGUSR1")]
    public async Task An_image_is_asked_to_stop_by_its_own_signal_even_when_frozen(string trapped, string? stopSignal)
    {
        FreezeTests.SkipUnlessFreezable();
        await using var test = await TestHost.StartAsync("docker", runtimes);
        await using var image = await TestImage.MakeAsync(["python3", "-c",
            $"import os, signal; signal.signal(signal.{trapped}, lambda *_: (print('stopping', flush=True), os._exit(0))); {Serve}"], stopSignal);
        var instance = TestHost.Succeeded(await ActivateAsync(test, image.Name));
        Assert.True(await FreezeTests.FreezeAsync(test, instance));
        await test.Host.StopAsync(instance.Id, 3 * TestHost.Patience, TestContext.Current.CancellationToken)
            .WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken);
        await test.Events.UntilAsync(() => test.Events.Lines.Any(l => l is { Text: "stopping", Stream: "stdout" }));
        await LifetimeTests.AssertNothingLeftAsync(test, "docker");
        Assert.Empty(test.Events.Exits);
    }

    [Fact]
    public async Task An_image_that_ignores_its_signal_is_killed_when_its_grace_is_over()
    {
        await using var test = await TestHost.StartAsync("docker", runtimes);
        await using var image = await TestImage.MakeAsync(
            "python3", "-c", "import signal; signal.signal(signal.SIGTERM, lambda *_: print('not me', flush=True)); " + Serve);
        var instance = TestHost.Succeeded(await ActivateAsync(test, image.Name));
        await test.Host.StopAsync(instance.Id, TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        await test.Events.UntilAsync(() => test.Events.Lines.Any(l => l.Text == "not me"));
        await LifetimeTests.AssertNothingLeftAsync(test, "docker");
    }

    [Fact]
    public async Task An_image_that_ends_before_it_listens_is_InitFailed_with_its_lines()
    {
        await using var test = await TestHost.StartAsync("docker", runtimes);
        await using var image = await TestImage.MakeAsync("sh", "-c", "echo cannot find my settings >&2; sleep 0.2; exit 5");
        var result = await ActivateAsync(test, image.Name);
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains("code 5", result.Detail, StringComparison.Ordinal);
        Assert.Contains("cannot find my settings", result.LogTail);
        await LifetimeTests.AssertNothingLeftAsync(test, "docker");
    }

    [Fact]
    public async Task An_image_that_never_listens_is_InitFailed_and_names_the_port()
    {
        await using var test = await TestHost.StartAsync("docker", runtimes, o => o.SpecializeTimeout = TimeSpan.FromSeconds(2));
        await using var image = await TestImage.MakeAsync("sleep", "1000");
        var result = await ActivateAsync(test, image.Name);
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains("8080 ($PORT)", result.Detail, StringComparison.Ordinal);
        await LifetimeTests.AssertNothingLeftAsync(test, "docker");
    }

    [Fact]
    public async Task An_image_that_cannot_be_had_is_InitFailed_and_says_what_to_do()
    {
        await using var test = await TestHost.StartAsync("docker", runtimes);
        var result = await ActivateAsync(test, "127.0.0.1:1/no-such-image:1");
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains("127.0.0.1:1/no-such-image:1", result.Detail, StringComparison.Ordinal);
        Assert.Contains("docker load", result.Detail, StringComparison.Ordinal);
        await LifetimeTests.AssertNothingLeftAsync(test, "docker");
    }

    [Fact]
    public async Task An_image_without_docker_is_Unavailable_and_says_so()
    {
        await using var test = await TestHost.StartAsync("process", runtimes);
        var result = await ActivateAsync(test, "any");
        Assert.Equal(InvocationError.Unavailable, result.Error);
        Assert.Contains("Docker", result.Detail, StringComparison.Ordinal);
    }

    private static Task<ActivationResult> ActivateAsync(TestHost test, string image) =>
        test.ActivateFolderAsync(Runtimes.Http, "", s => s with { Handler = null, Image = image, Network = NetworkKind.Egress });

    /// <summary>An image made of the host image, which a host must have assembled before.</summary>
    private sealed class TestImage(string name) : IAsyncDisposable
    {
        public string Name { get; } = name;

        public static Task<TestImage> MakeAsync(params string[] command) => MakeAsync(command, null);

        /// <summary>With the signal by which it wants to be stopped; null leaves it to the engine.</summary>
        public static async Task<TestImage> MakeAsync(string[] command, string? stopSignal)
        {
            var host = (await Docker.RunAsync("images", "faas-host", "--format", "{{.Repository}}:{{.Tag}}")).Split('\n')[0];
            var container = await Docker.RunAsync(["create", "--label", "faas.test=1", .. stopSignal is null ? (string[])[] : ["--stop-signal", stopSignal], host, "true"]);
            var name = "faas-test:" + Guid.NewGuid().ToString("n")[..8];
            var path = Path.GetDirectoryName((await Shell.RunAsync("python3", "-c", "import os, sys; print(os.path.realpath(sys.executable))")).Trim());
            await Docker.RunAsync("commit", "--change", $"ENV PATH={path}:/usr/bin:/bin", "--change", "CMD " + System.Text.Json.JsonSerializer.Serialize(command), container, name);
            await Docker.RunAsync("rm", container);
            return new TestImage(name);
        }

        public async ValueTask DisposeAsync() => await Docker.RunAsync("rmi", "-f", Name);

    }
}
