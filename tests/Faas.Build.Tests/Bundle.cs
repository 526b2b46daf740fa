using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Build.Tests;

/// <summary>Makes bundles, good and bad ones.</summary>
internal sealed class Bundle
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly List<TarEntry> _entries = [];
    private byte[]? _packed;

    public Bundle File(string name, string content, UnixFileMode mode = Plain) => File(name, Encoding.UTF8.GetBytes(content), mode);

    public Bundle File(string name, byte[] content, UnixFileMode mode = Plain) =>
        Entry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = mode });

    public Bundle Folder(string name) => Entry(new PaxTarEntry(TarEntryType.Directory, name));

    public Bundle Link(string name, string target) => Entry(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target });

    public Bundle HardLink(string name, string target) => Entry(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target });

    public Bundle Entry(TarEntry entry)
    {
        _entries.Add(entry);
        return this;
    }

    public byte[] Tar()
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in _entries)
            {
                writer.WriteEntry(entry);
            }
        }

        return tar.ToArray();
    }

    /// <summary>Always the same bytes, though entries have times.</summary>
    public byte[] Pack() => _packed ??= Gzip(Tar());

    public static byte[] Gzip(params IEnumerable<byte[]> parts)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var part in parts)
            {
                gzip.Write(part);
            }
        }

        return packed.ToArray();
    }

    /// <summary>A ustar header of any name, type and size, with a right checksum: what no tar program would write.</summary>
    public static byte[] RawHeader(string name, char type, long size)
    {
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644\0" + "0000000\0" + "0000000\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0') + "\0" + "00000000000\0" + "        " + type).CopyTo(header, 124);
        Encoding.ASCII.GetBytes("ustar\0" + "00").CopyTo(header, 257);
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }

    public static string DigestOf(byte[] packed) => Convert.ToHexStringLower(SHA256.HashData(packed));
}
