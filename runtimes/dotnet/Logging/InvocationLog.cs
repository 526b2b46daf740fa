namespace Faas.Runtime.DotNet.Logging;

/// <summary>
/// What one invocation writes. It follows the invocation through awaits, tasks and threads, so every line carries its id, also late ones.
/// </summary>
internal sealed class InvocationLog(LogBuffer logs, string invocationId)
{
    private static readonly AsyncLocal<InvocationLog?> Flowing = new();

    private LineAssembler? _output;
    private LineAssembler? _error;

    /// <summary>That of the invocation whose code is running; null outside of any.</summary>
    public static InvocationLog? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    public LineAssembler Of(LogStream stream) =>
        stream == LogStream.Output ? Make(ref _output, stream) : Make(ref _error, stream);

    public void End()
    {
        Volatile.Read(ref _output)?.End();
        Volatile.Read(ref _error)?.End();
    }

    private LineAssembler Make(ref LineAssembler? slot, LogStream stream)
    {
        if (Volatile.Read(ref slot) is { } made)
        {
            return made;
        }

        return Interlocked.CompareExchange(ref slot, new LineAssembler(logs, stream, invocationId), null) ?? slot;
    }
}
