using System.Collections.Concurrent;
using System.Net.Sockets;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

public sealed class DockerOutageTests(RuntimesFixture runtimes)
{
    private const string Hello = "def handler(event, context): return 'hello'";

    [Fact]
    public async Task While_docker_is_away_activations_are_Unavailable_and_afterwards_all_is_as_before()
    {
        Docker.SkipUnlessPossible("docker");
        using var gate = new Gate();
        TestHost left;
        await using (var test = await TestHost.StartAsync("docker", runtimes, o => o.DockerHost = gate.Address))
        {
            left = test;
            var running = await test.RunningPythonAsync(Hello);
            var doomed = await test.RunningPythonAsync(Hello);
            test.Host.SetStemDemand(new Dictionary<StemKey, int> { [new StemKey("python", 128, NetworkKind.None)] = 1 });
            await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault("python") == 1);

            gate.Close();
            Assert.Contains("hello", await WorkerCall.InvokeAsync(running), StringComparison.Ordinal);
            TestHost.Succeeded(await test.PythonAsync(Hello));   // the last stem needs no engine
            var refused = await test.PythonAsync(Hello);
            Assert.Equal(InvocationError.Unavailable, refused.Error);
            Assert.Contains("Docker does not answer at " + gate.Address, refused.Detail, StringComparison.Ordinal);
            await test.Host.KillAsync(doomed.Id, TestContext.Current.CancellationToken);
            Assert.Contains("hello", await WorkerCall.InvokeAsync(running), StringComparison.Ordinal);

            gate.Open();
            await test.RunningPythonAsync(Hello);
            await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault("python") == 1);
            Assert.Empty(test.Events.Exits);
        }

        Assert.Empty(await Docker.ContainersOfAsync(left.InstancesFolder));
        Assert.False(Directory.Exists(left.InstancesFolder));
    }

    /// <summary>A way to the real engine that can be closed.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly string _path = Path.Combine(Path.GetTempPath(), $"faas-gate-{Guid.NewGuid():n}.sock");
        private readonly ConcurrentBag<Socket> _connections = [];
        private Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Gate() => Open();

        public string Address => "unix://" + _path;

        public void Open()
        {
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            _listener.Listen();
            _ = AcceptAsync(_listener);
        }

        public void Close()
        {
            _listener.Dispose();
            File.Delete(_path);
            while (_connections.TryTake(out var connection))
            {
                connection.Dispose();
            }
        }

        public void Dispose() => Close();

        private async Task AcceptAsync(Socket listener)
        {
            try
            {
                while (true)
                {
                    var caller = await listener.AcceptAsync();
                    var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await engine.ConnectAsync(new UnixDomainSocketEndPoint(Docker.Socket));
                    _connections.Add(caller);
                    _connections.Add(engine);
                    _ = PumpAsync(caller, engine);
                    _ = PumpAsync(engine, caller);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed.
            }
        }

        private static async Task PumpAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                for (var count = 1; count > 0;)
                {
                    count = await from.ReceiveAsync(buffer);
                    for (var sent = 0; sent < count;)
                    {
                        sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                    }
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                to.Dispose();
            }
        }
    }
}
