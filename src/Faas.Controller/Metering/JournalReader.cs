using Faas.Contracts.Hosting;
using Faas.Link;
using Faas.Storage;
using Microsoft.Win32.SafeHandles;

namespace Faas.Controller.Metering;

/// <summary>
/// Reads usage records where the gateway has written them. It keeps the last segment's file open: the gateway writes one after the other. Used by one thread at a time.
/// </summary>
internal sealed class JournalReader(DataFolder data) : IDisposable
{
    /// <summary>No segment is longer, so nothing that lies in one is.</summary>
    private const int LengthMax = 4 << 20;

    private byte[] _buffer = [];
    private string _name = "";
    private SafeFileHandle? _file;

    /// <summary>The bytes at a position, valid until the next call.</summary>
    /// <exception cref="FormatException">It is no position in a journal, or the file is shorter.</exception>
    /// <exception cref="IOException">The file is not there or can't be read.</exception>
    public ReadOnlySpan<byte> Read(UsagePosition position)
    {
        var length = position.To - position.From;
        if (position.From < 0 || length is < 0 or > LengthMax)
        {
            throw new FormatException($"{position.From} to {position.To} is no part of a journal segment");
        }

        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }

        var bytes = _buffer.AsSpan(0, (int)length);
        var file = Open(JournalFile.NameOf(position.Boot, position.Segment));
        for (var read = 0; read < length;)
        {
            var count = RandomAccess.Read(file, bytes[read..], position.From + read);
            if (count == 0)
            {
                throw new FormatException($"{_name} ends before {position.To}");
            }

            read += count;
        }

        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private SafeFileHandle Open(string name)
    {
        if (_file is null || _name != name)
        {
            if (Path.GetFileName(name) != name)
            {
                throw new FormatException("a gateway's boot is no name of a file");
            }

            _file?.Dispose();
            _file = null;
            _file = File.OpenHandle(Path.Combine(data.Journal, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            _name = name;
        }

        return _file;
    }
}
