using System.Text;
using Faas.Runtime.DotNet.Logging;
using Microsoft.Win32.SafeHandles;

namespace Faas.Runtime.DotNet.Http;

/// <summary>Reads one output of the program on a thread of its own. Always at once: a program must never wait for its log.</summary>
internal sealed class ProgramOutput
{
    private readonly SafeFileHandle _pipe;
    private readonly LineAssembler _lines;
    private readonly LastLines _last;
    private readonly Thread _thread;

    public ProgramOutput(SafeFileHandle pipe, LineAssembler lines, LastLines last)
    {
        _pipe = pipe;
        _lines = lines;
        _last = last;
        _thread = new Thread(Read) { IsBackground = true, Name = "faas output" };
    }

    public void Start() => _thread.Start();

    public void Join(TimeSpan patience)
    {
        _thread.Join(patience);
        _lines.Flush();
    }

    private void Read()
    {
        using var stream = new FileStream(_pipe, FileAccess.Read, bufferSize: 0);
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[8 * 1024];
        var characters = new char[bytes.Length + 1];
        int read;
        while ((read = stream.Read(bytes)) > 0)
        {
            var text = characters.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, read), characters, flush: false));
            _last.Add(text);
            _lines.Append(text);
        }
    }
}
