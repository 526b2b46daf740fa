using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>A packed function: a gzipped tar and its digest.</summary>
/// <param name="Bytes">The gzipped tar.</param>
internal sealed record Bundle(byte[] Bytes)
{
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Bytes));

    /// <summary>A bundle of text files.</summary>
    public static Bundle Of(params (string Name, string Text)[] files) =>
        Write(tar =>
        {
            foreach (var (name, text) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                    Mode = (UnixFileMode)0x1A4,   // 0644
                });
            }
        });

    /// <summary>A bundle with entries as <paramref name="write"/> makes them, harmful ones too.</summary>
    public static Bundle Write(Action<TarWriter> write)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            write(tar);
        }

        return new Bundle(packed.ToArray());
    }
}
