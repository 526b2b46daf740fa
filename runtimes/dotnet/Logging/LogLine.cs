using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Logging;

/// <summary>Which of a program's two outputs a line came from; numbers are the wire's.</summary>
internal enum LogStream : byte
{
    Output = 1,
    Error = 2,
}

/// <summary>One line of output. A class: collections of references are compiled already, those of a struct of ours are not.</summary>
internal sealed record LogLine(long UnixMs, LogStream Stream, string InvocationId, ReadOnlyMemory<byte> Text, bool GoesOn = false)
{
    /// <summary>The protocol's mark of a line that is cut and goes on in the next one.</summary>
    private const byte GoesOnBit = 0x80;

    public void Write(PayloadWriter writer)
    {
        writer.BeginFrame();
        writer.I64(UnixMs);
        writer.U8((byte)(GoesOn ? (byte)Stream | GoesOnBit : (byte)Stream));
        writer.Text(InvocationId);
        writer.Raw(Text.Span);
        writer.EndFrame(FrameType.Log, stream: 0);
    }
}
