using System.Text;

namespace Faas.Runtime.DotNet.Logging;

/// <summary>Makes lines of what is written piece by piece to one stream of one invocation.</summary>
internal sealed class LineAssembler(LogBuffer logs, LogStream stream, string invocationId)
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _partial = new();
    private bool _hasEnded;

    public void Append(ReadOnlySpan<char> text)
    {
        lock (_gate)
        {
            int end;
            while ((end = text.IndexOf('\n')) >= 0)
            {
                Emit(text[..end]);
                text = text[(end + 1)..];
            }

            _partial.Append(text);
            if (_partial.Length >= LogBuffer.LineBytesMax || (_hasEnded && _partial.Length > 0))
            {
                Emit([], goesOn: !_hasEnded);
            }
        }
    }

    /// <summary>The invocation is over: what has no line break yet becomes a line, and so does whatever still comes.</summary>
    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }

        Flush();
    }

    /// <summary>Makes a line of what has no line break yet.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_partial.Length > 0)
            {
                Emit([]);
            }
        }
    }

    private void Emit(ReadOnlySpan<char> end, bool goesOn = false)
    {
        if (_partial.Length > 0)
        {
            _partial.Append(end);
            end = _partial.ToString();
            _partial.Clear();
        }

        logs.Add(stream, invocationId, end.EndsWith('\r') && !goesOn ? end[..^1] : end, goesOn);
    }
}
