using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

/// <summary>What a hostile function finds, seen from inside.</summary>
public sealed class HardeningTests(RuntimesFixture runtimes)
{
    private const string Facts = """
        import ctypes, os, socket
        def attempt(action):
            try:
                action()
                return "allowed"
            except BaseException as e:
                return type(e).__name__
        def unshare(flags):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(flags) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
        def connect(address):
            socket.create_connection(address, timeout=5).close()
        def handler(event, context):
            status = dict(line.split(":", 1) for line in open("/proc/self/status"))
            return {
                "uid": os.getuid(),
                "caps": status["CapEff"].strip() + status["CapBnd"].strip() + status["CapPrm"].strip(),
                "nnp": status["NoNewPrivs"].strip(),
                "root": attempt(lambda: open("/x", "w")),
                "code": attempt(lambda: open("/code/x", "w")),
                "runtime": attempt(lambda: open("/faas/runtime/x", "w")),
                "sockets": attempt(lambda: open("/run/faas/x", "w")),
                "dev": attempt(lambda: open("/dev/x", "w")),
                "tmp": attempt(lambda: open("/tmp/x", "w")),
                "chmod": attempt(lambda: os.chmod("/run/faas", 0o777)),
                        "userNamespace": attempt(lambda: unshare(0x10000000)),
                "dockerSocket": os.path.exists("/var/run/docker.sock"),
                "instances": os.path.exists(event["instances"]),
                "processes": len([p for p in os.listdir("/proc") if p.isdigit()]),
                "interfaces": [n for _, n in socket.if_nameindex()],
                "host": attempt(lambda: connect(tuple(event["listener"]))),
                "token": "FAAS_TOKEN" in os.environ,
                "hostEnv": os.environ.get("FAAS_TEST_SECRET"),
            }
        """;

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_without_network_finds_nothing_to_use_against_others(string sandbox)
    {
        Environment.SetEnvironmentVariable("FAAS_TEST_SECRET", "secret");
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        Assert.True(test.Host.Sandbox.IsIsolated, test.Host.Sandbox.Isolation);
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Any, 0);
        listener.Start();
        var instance = await test.RunningPythonAsync(Facts);
        var facts = await FactsAsync(test, instance, "127.0.0.1", ((System.Net.IPEndPoint)listener.LocalEndpoint).Port);

        Assert.InRange(facts.GetProperty("uid").GetInt32(), Posix.IsRoot || sandbox == "docker" ? 200_000 : 0, 260_000);
        Assert.Matches("^0+$", facts.GetProperty("caps").GetString());
        Assert.Equal("1", facts.GetProperty("nnp").GetString());
        // Not as root, an instance is the same user as its folder's owner.
        string[] sealedPlaces = Posix.IsRoot || sandbox == "docker" ? ["sockets", "chmod"] : [];
        foreach (var place in sealedPlaces.Concat(["root", "code", "runtime", "dev", "host", "userNamespace"]))
        {
            Assert.True(facts.GetProperty(place).GetString() != "allowed", place);
        }

        Assert.Equal("allowed", facts.GetProperty("tmp").GetString());
        Assert.False(facts.GetProperty("dockerSocket").GetBoolean());
        Assert.False(facts.GetProperty("instances").GetBoolean());
        Assert.InRange(facts.GetProperty("processes").GetInt32(), 1, 3);
        Assert.Equal(["lo"], facts.GetProperty("interfaces").EnumerateArray().Select(i => i.GetString()));
        Assert.False(facts.GetProperty("token").GetBoolean());
        Assert.Equal(JsonValueKind.Null, facts.GetProperty("hostEnv").ValueKind);
    }

    [Fact]
    public async Task A_container_with_egress_reaches_neither_this_host_nor_other_containers()
    {
        await using var test = await TestHost.StartAsync("docker", runtimes);
        Assert.SkipUnless(Posix.IsRoot, "the rules that keep containers away from the host take root");
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Any, 0);
        listener.Start();
        var instance = await test.RunningPythonAsync(Facts, s => s with { Network = NetworkKind.Egress });
        var network = await Docker.RunAsync("network", "ls", "--filter", "label=faas.node", "--format", "{{.Name}}");
        var gateway = await Docker.RunAsync("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network.Split('\n')[0]);
        var facts = await FactsAsync(test, instance, gateway, ((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Contains("eth0", facts.GetProperty("interfaces").EnumerateArray().Select(i => i.GetString()));
        Assert.Equal("TimeoutError", facts.GetProperty("host").GetString());
        var metadata = await FactsAsync(test, instance, "169.254.169.254", 80);
        Assert.Equal("TimeoutError", metadata.GetProperty("host").GetString());
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_fork_bomb_stops_at_the_limit_and_the_instance_goes_on(string sandbox)
    {
        Docker.SkipUnlessLimited(sandbox);
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync("""
            import os, signal
            def handler(event, context):
                children = []
                try:
                    while len(children) < 2000:
                        pid = os.fork()
                        if pid == 0:
                            signal.pause()
                        children.append(pid)
                except OSError:
                    pass
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                return len(children)
            """, s => s with { MemoryMiB = 512 });
        Assert.InRange(int.Parse(await WorkerCall.InvokeAsync(instance), System.Globalization.CultureInfo.InvariantCulture), 10, 256);
        Assert.InRange(int.Parse(await WorkerCall.InvokeAsync(instance), System.Globalization.CultureInfo.InvariantCulture), 10, 256);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_that_takes_all_memory_ends_as_OutOfMemory_and_others_go_on(string sandbox)
    {
        Docker.SkipUnlessLimited(sandbox);
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var other = await test.RunningPythonAsync("def handler(event, context): return 'fine'");
        var instance = await test.RunningPythonAsync("def handler(event, context): return len(bytearray(1 << 30))");
        await Assert.ThrowsAnyAsync<IOException>(() => WorkerCall.InvokeAsync(instance));
        var exit = await test.Events.ExitOf(instance.Id);
        Assert.Equal(InvocationError.OutOfMemory, exit.Error);
        Assert.Contains("fine", await WorkerCall.InvokeAsync(other), StringComparison.Ordinal);
        Assert.Single(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_function_that_fills_its_disk_gets_an_error_before_64_MiB_are_over(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync("""
            def fill(path):
                written = 0
                try:
                    with open(path, "wb", buffering=0) as f:
                        while written < 1 << 30:
                            written += f.write(bytes(1 << 20))
                except OSError as e:
                    return [written >> 20, e.errno]
            def handler(event, context):
                return fill("/tmp/x") + fill("/dev/shm/x")
            """, s => s with { MemoryMiB = 256 });
        var filled = JsonSerializer.Deserialize<int[]>(await WorkerCall.InvokeAsync(instance))!;
        Assert.Equal(28, filled[1]);
        Assert.InRange(filled[0], 1, 64);
        Assert.Equal(28, filled[3]);
        Assert.InRange(filled[2], 1, 64);
    }

    private static async Task<JsonElement> FactsAsync(TestHost test, InstanceHandle instance, string host, int port)
    {
        var question = JsonSerializer.Serialize(new { instances = test.InstancesFolder, listener = new object[] { host, port } });
        return JsonDocument.Parse(await WorkerCall.InvokeAsync(instance, question)).RootElement;
    }
}
