using System.Net.Sockets;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>The Docker engine goes away and comes back. The platform reaches it through a socket that the test opens and closes.</summary>
public sealed class DockerOutageTests
{
    [Fact]
    public async Task Without_docker_warm_calls_go_on_cold_ones_get_a_typed_error_and_all_is_well_when_it_is_back()
    {
        await DockerEngine.RequireAsync();
        var folder = Directory.CreateTempSubdirectory("faas-d").FullName;
        await using var door = new SocketDoor(Path.Combine(folder, "docker.sock"), DockerEngine.Socket);
        door.Open();
        try
        {
            await using var platform = await Platform.StartAsync(new PlatformOptions
            {
                Sandbox = "docker",
                Arguments = ["--stems", "0"],
                Environment = new Dictionary<string, string> { ["DOCKER_HOST"] = $"unix://{door.FilePath}" },
            });
            await platform.DeployAsync("warm", "trouble.py");
            await platform.DeployAsync("cold", "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
            var instance = await platform.CallAsync("warm/ok").TextAsync();
            await platform.Admin.InstancesAsync("cold", 0);

            await door.CloseAsync();
            Assert.Equal(instance, await platform.CallAsync("warm/ok").TextAsync());
            var problem = await platform.CallAsync("cold").FailsWithAsync("Unavailable");
            Assert.Equal("platform", problem.Blame);
            Assert.Contains("docker", problem.Detail, StringComparison.OrdinalIgnoreCase);
            var (spec, bundle) = TestFunctions.Python("refused", "def handler(e, c): return 1");
            var (_, refused) = await platform.Admin.TryDeployAsync(spec, bundle);
            Assert.NotNull(refused);

            door.Open();
            await Eventually.HoldsAsync("cold calls work again", async () =>
            {
                using var response = await platform.CallAsync("cold");
                return response.IsSuccessStatusCode;
            });
            Assert.Equal(instance, await platform.CallAsync("warm/ok").TextAsync());
            await platform.Admin.DeployAsync(spec with { Network = NetworkKind.None }, bundle);
        }
        finally
        {
            await door.CloseAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A unix socket that relays to another one while it is open, and breaks every connection when it closes.</summary>
    private sealed class SocketDoor(string path, string target) : IAsyncDisposable
    {
        private CancellationTokenSource? _open;
        private Task _relays = Task.CompletedTask;

        public string FilePath => path;

        public void Open()
        {
            File.Delete(path);
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(64);
            _open = new CancellationTokenSource();
            _relays = AcceptAsync(listener, _open.Token);
        }

        public async Task CloseAsync()
        {
            if (_open is null)
            {
                return;
            }

            await _open.CancelAsync();
            await _relays;
            _open.Dispose();
            _open = null;
            File.Delete(path);
        }

        public async ValueTask DisposeAsync() => await CloseAsync();

        private async Task AcceptAsync(Socket listener, CancellationToken closed)
        {
            using var _ = listener;
            var running = new List<Task>();
            try
            {
                while (true)
                {
                    running.Add(RelayAsync(await listener.AcceptAsync(closed), closed));
                }
            }
            catch (OperationCanceledException)
            {
                // The door was closed.
            }

            await Task.WhenAll(running);
        }

        private async Task RelayAsync(Socket near, CancellationToken closed)
        {
            using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using (near)
            {
                try
                {
                    await far.ConnectAsync(new UnixDomainSocketEndPoint(target), closed);
                    using var ended = CancellationTokenSource.CreateLinkedTokenSource(closed);
                    await Task.WhenAll(CopyAsync(near, far, ended), CopyAsync(far, near, ended));
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    // One end is gone, and with it the connection.
                }
            }
        }

        // A half-closed connection stays open in the other direction: Docker's attach and exec streams rely on it.
        private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource ended)
        {
            var buffer = new byte[32 * 1024];
            try
            {
                int read;
                while ((read = await from.ReceiveAsync(buffer, ended.Token)) > 0)
                {
                    await to.SendAsync(buffer.AsMemory(0, read), ended.Token);
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                await ended.CancelAsync();
            }
        }
    }
}
