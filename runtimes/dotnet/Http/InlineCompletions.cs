namespace Faas.Runtime.DotNet.Http;

/// <summary>
/// Lets socket completions run on the socket thread itself, which halves the relay's CPU. Right here, because a relay never blocks; wrong for
/// handler functions, whose code would run there. So it is not an environment variable of the whole worker: the runtime reads it when the first
/// asynchronous socket operation starts, and handlers' workers never get here.
/// </summary>
internal static class InlineCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void Enable() => Environment.SetEnvironmentVariable(Variable, "1");
}
