using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

public sealed class ActivationTests(RuntimesFixture runtimes)
{
    private const string Hello = "def handler(event, context):\n    return {'hello': event.get('name'), 'revision': context.function_version}\n";

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_python_function_answers_through_its_socket(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync(Hello);
        Assert.Equal(sandbox, instance.Driver);
        Assert.StartsWith(test.InstancesFolder, instance.Socket, StringComparison.Ordinal);
        Assert.Equal("""{"hello":"world","revision":"hello-1"}""", (await WorkerCall.InvokeAsync(instance, """{"name":"world"}""")).Replace(" ", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_node_function_answers_through_its_socket(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.ActivateAsync(Runtimes.Node, "handler.js", "exports.handler = async (event) => ({ hello: event.name });");
        Assert.Equal("""{"hello":"world"}""", await WorkerCall.InvokeAsync(TestHost.Succeeded(result), """{"name":"world"}"""));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_dotnet_function_answers_through_its_socket(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.ActivateFolderAsync(Runtimes.DotNet, runtimes.DotNetFunction);
        Assert.Equal("""{"hello":"world"}""", await WorkerCall.InvokeAsync(TestHost.Succeeded(result), """{"name":"world"}"""));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_command_that_serves_http_answers_through_its_socket(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.ActivateAsync(Runtimes.Http, "index.html", "hello from a command", s => s with
        {
            Handler = null, MemoryMiB = 256, Command = ["sh", "-c", "exec python3 -m http.server --bind 127.0.0.1 $PORT"],
        });
        var instance = TestHost.Succeeded(result);
        Assert.EndsWith("/s/http.sock", instance.Socket, StringComparison.Ordinal);
        Assert.Equal("hello from a command", await HttpCall.GetAsync(instance, "/index.html"));
        await test.Host.StopAsync(instance.Id, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await LifetimeTests.AssertNothingLeftAsync(test, sandbox);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task What_a_function_prints_becomes_log_lines(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync("import os\ndef handler(event, context):\n    print('a line')\n    os.system('echo past the worker')\n    return 1\n");
        await WorkerCall.InvokeAsync(instance);
        await test.Events.UntilAsync(() => test.Events.Lines.Any(l => l is { Text: "a line", Stream: "stdout", InvocationId: "inv-1" } && l.Instance == instance.Id));
        await test.Events.UntilAsync(() => test.Events.Lines.Any(l => l.Text == "past the worker" && l.Instance == instance.Id));
    }

    [Theory]
    [InlineData("process", "import nothing_of_this_name\ndef handler(e, c): pass\n", "nothing_of_this_name")]
    [InlineData("docker", "import nothing_of_this_name\ndef handler(e, c): pass\n", "nothing_of_this_name")]
    [InlineData("process", "def handler(e, c)\n", "handler.py")]
    [InlineData("process", "def other(e, c): pass\n", "handler")]
    public async Task A_function_that_cannot_load_is_InitFailed_and_says_why(string sandbox, string code, string expected)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.PythonAsync(code);
        Assert.Null(result.Instance);
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains(expected, result.Detail + string.Join('\n', result.LogTail), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(test.InstancesFolder));
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_that_prints_and_exits_while_loading_is_InitFailed_with_its_lines(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.PythonAsync("import os\nos.write(2, b'giving up\\n')\nos._exit(7)\n");
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains("code 7", result.Detail, StringComparison.Ordinal);
        Assert.Contains("giving up", result.LogTail);
        Assert.Empty(Directory.EnumerateFileSystemEntries(test.InstancesFolder));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_that_takes_all_memory_while_loading_is_OutOfMemory(string sandbox)
    {
        Docker.SkipUnlessLimited(sandbox);
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var result = await test.PythonAsync("x = bytearray(1 << 30)\n");
        Assert.Equal(InvocationError.OutOfMemory, result.Error);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_that_never_loads_is_given_up_after_the_timeout(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes, o => o.SpecializeTimeout = TimeSpan.FromMilliseconds(300));
        var result = await test.PythonAsync("while True: pass\n");
        Assert.Equal(InvocationError.InitFailed, result.Error);
        Assert.Contains("did not load within", result.Detail, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(test.InstancesFolder));
    }

    [Fact]
    public async Task A_stem_that_cannot_start_is_Unavailable_and_says_what_it_wrote()
    {
        await using var test = await TestHost.StartAsync("process", runtimes);
        var broken = Directory.CreateTempSubdirectory("faas-rt-");
        Directory.CreateDirectory(Path.Combine(broken.FullName, "python"));
        await File.WriteAllTextAsync(Path.Combine(broken.FullName, "python", "worker.py"), "raise SystemExit('the worker is broken')", TestContext.Current.CancellationToken);
        await using var other = await TestHost.StartAsync("process", runtimes, o => o.RuntimesFolder = broken.FullName);
        var result = await other.PythonAsync(Hello);
        Assert.Equal(InvocationError.Unavailable, result.Error);
        Assert.Contains("exit code 1", result.Detail, StringComparison.Ordinal);
        Assert.Contains("the worker is broken", result.LogTail);
        Assert.Empty(Directory.EnumerateFileSystemEntries(other.InstancesFolder));
        broken.Delete(recursive: true);
    }

    [Fact]
    public async Task Folders_links_and_modes_of_the_code_arrive_and_private_files_become_readable()
    {
        await using var test = await TestHost.StartAsync("process", runtimes);
        var folder = Directory.CreateTempSubdirectory("faas-code-");
        Directory.CreateDirectory(Path.Combine(folder.FullName, "lib", "deep"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "lib", "deep", "secret.txt"), "42", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(Path.Combine(folder.FullName, "lib", "deep", "secret.txt"), UnixFileMode.UserRead);
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "link.txt"), "lib/deep/secret.txt");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "handler.py"), "def handler(e, c): return open('/code/link.txt').read()", TestContext.Current.CancellationToken);
        var instance = TestHost.Succeeded(await test.ActivateFolderAsync(Runtimes.Python, folder.FullName));
        Assert.Contains("42", await WorkerCall.InvokeAsync(instance), StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Docker_demanded_but_absent_is_one_clear_line()
    {
        var error = await Assert.ThrowsAsync<InstanceHostException>(() => TestHost.StartAsync("docker", runtimes, o => o.DockerHost = "unix:///nowhere/docker.sock"));
        Assert.Contains("unix:///nowhere/docker.sock", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Without_docker_auto_takes_the_process_sandbox()
    {
        await using var test = await TestHost.StartAsync("auto", runtimes, o => o.DockerHost = "unix:///nowhere/docker.sock");
        Assert.Equal("process", test.Host.Sandbox.Name);
        Assert.Contains(test.Host.Runtimes, r => r is { Name: "python", IsAvailable: true, Version: not null });
    }
}
