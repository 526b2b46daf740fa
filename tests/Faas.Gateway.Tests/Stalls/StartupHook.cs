using System.Net.Sockets;

/// <summary>
/// Runs in the gateway's process before its Main, when DOTNET_STARTUP_HOOKS names this assembly, and brings what the gateway itself has nowhere: a call that blocks the
/// thread it is continued on. The runtime wants this name, and no namespace.
/// </summary>
internal static class StartupHook
{
    /// <summary>The environment variable that names the unix socket to listen on.</summary>
    public const string Variable = "FAAS_TEST_BLOCKER";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } path)
        {
            return;
        }

        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        new Thread(() => Serve(listener)) { IsBackground = true }.Start();
    }

    /// <summary>Two connections: a byte on the first blocks the network's thread until one comes on the second.</summary>
    private static void Serve(Socket listener)
    {
        var trigger = listener.Accept();
        var release = listener.Accept();
        StallAsync(trigger, release).GetAwaiter().GetResult();
    }

    private static async Task StallAsync(Socket trigger, Socket release)
    {
        var buffer = new byte[1];
        while (await trigger.ReceiveAsync(buffer) > 0)
        {
            AskTheDatabase(release);
        }
    }

    private static void AskTheDatabase(Socket release) => release.Receive(new byte[1]);
}
