using System.Text;

namespace Faas.Runtime.DotNet.Logging;

/// <summary>Stands in for <see cref="Console.Out"/> or <see cref="Console.Error"/>: what is written becomes log lines of the running invocation.</summary>
internal sealed class ConsoleCapture : TextWriter
{
    private readonly LogStream _stream;
    private readonly LineAssembler _outside;

    private ConsoleCapture(LogBuffer logs, LogStream stream)
    {
        _stream = stream;
        _outside = new LineAssembler(logs, stream, "");
    }

    /// <inheritdoc />
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Makes lines of what was written outside of invocations and not ended, for moments at which nothing may be held back.</summary>
    public static Action FlushOutside { get; private set; } = () => { };

    /// <summary>Takes over the console of the process.</summary>
    public static void Install(LogBuffer logs)
    {
        var output = new ConsoleCapture(logs, LogStream.Output);
        var error = new ConsoleCapture(logs, LogStream.Error);
        Console.SetOut(output);
        Console.SetError(error);
        FlushOutside = () =>
        {
            output._outside.Flush();
            error._outside.Flush();
        };
    }

    /// <inheritdoc />
    public override void Write(char value) => Target.Append([value]);

    /// <inheritdoc />
    public override void Write(char[] buffer, int index, int count) => Target.Append(buffer.AsSpan(index, count));

    /// <inheritdoc />
    public override void Write(ReadOnlySpan<char> buffer) => Target.Append(buffer);

    /// <inheritdoc />
    public override void Write(string? value) => Target.Append(value);

    /// <inheritdoc />
    public override void WriteLine(string? value)
    {
        // In one piece, so that lines of parallel writers do not mix.
        Target.Append(string.Concat(value, "\n"));
    }

    private LineAssembler Target => InvocationLog.Current?.Of(_stream) ?? _outside;
}
