using System.Text;

namespace Faas.Runtime.DotNet;

/// <summary>What a worker finds at its start.</summary>
/// <param name="SocketDirectory">Directory of the sockets.</param>
/// <param name="CodeDirectory">Directory of the function's code.</param>
/// <param name="Token">Proves to the controller who dials, and to the worker that a control connection is the controller's.</param>
internal sealed record WorkerEnvironment(string SocketDirectory, string CodeDirectory, byte[] Token)
{
    public string WorkerSocketPath => Path.Combine(SocketDirectory, "worker.sock");

    public string HttpSocketPath => Path.Combine(SocketDirectory, "http.sock");

    public string ReadySocketPath => Path.Combine(SocketDirectory, "ready.sock");

    /// <summary>Reads the environment and takes the token out of what functions will see. Null when something is missing.</summary>
    public static WorkerEnvironment? Take()
    {
        var sockets = Environment.GetEnvironmentVariable("FAAS_DIR");
        var code = Environment.GetEnvironmentVariable("FAAS_CODE");
        var token = Environment.GetEnvironmentVariable("FAAS_TOKEN");
        Environment.SetEnvironmentVariable("FAAS_TOKEN", null);
        return string.IsNullOrEmpty(sockets) || string.IsNullOrEmpty(code) || string.IsNullOrEmpty(token)
            ? null
            : new WorkerEnvironment(sockets, code, Encoding.UTF8.GetBytes(token));
    }
}
