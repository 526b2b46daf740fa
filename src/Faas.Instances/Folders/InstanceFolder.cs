using System.Net.Sockets;

namespace Faas.Instances.Folders;

/// <summary>
/// One instance's folder on the host: <c>s/</c> with its sockets, <c>code/</c> with its function, <c>instance.json</c>. It is named after the stem,
/// because sandboxes keep seeing it under that name.
/// </summary>
internal sealed class InstanceFolder
{
    private const UnixFileMode Traversable = (UnixFileMode)0x1C9;   // 0711
    private const UnixFileMode Listable = (UnixFileMode)0x1ED;      // 0755
    private const UnixFileMode Open = (UnixFileMode)0x1FF;          // 0777

    public InstanceFolder(string parent, string id)
    {
        Id = id;
        Path = System.IO.Path.Combine(parent, id);
        Sockets = System.IO.Path.Combine(Path, "s");
        Code = System.IO.Path.Combine(Path, "code");
    }

    public string Id { get; }

    public string Path { get; }

    public string Sockets { get; }

    public string Code { get; }

    public string ReadySocket => System.IO.Path.Combine(Sockets, "ready.sock");

    public string WorkerSocket => System.IO.Path.Combine(Sockets, "worker.sock");

    public string HttpSocket => System.IO.Path.Combine(Sockets, "http.sock");

    public string Output => System.IO.Path.Combine(Sockets, "out");

    public string RecordFile => System.IO.Path.Combine(Path, "instance.json");

    /// <summary>Makes the parent of all instance folders: traversable, so that sandboxes with another uid get through, but not listable.</summary>
    public static void CreateParent(string parent)
    {
        Directory.CreateDirectory(parent);
        File.SetUnixFileMode(parent, Traversable);
    }

    /// <summary>Makes the folder with <c>s/</c> writable for everybody, because the instance's uid binds its sockets there.</summary>
    public void Create()
    {
        Make(Path, Traversable);
        Make(Sockets, Open);
        Make(Code, Listable);
        Posix.MakeFifo(Output);
    }

    /// <summary>Takes the right to create files away from the instance, so that it cannot fill the host's disk. Its sockets exist by now.</summary>
    public void Seal()
    {
        File.SetUnixFileMode(Sockets, Listable);
        File.Delete(ReadySocket);
    }

    /// <summary>Removes the folder. Does nothing when it is gone.</summary>
    public void Delete()
    {
        const int TriesMax = 10;
        for (var tries = 0; Directory.Exists(Path) && tries < TriesMax; tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody else deletes it too, and was faster with one of its folders: begin again with what is left.
            }
        }
    }

    /// <summary>Listens on <paramref name="path"/>, which everybody may connect to.</summary>
    public static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, Open);
            socket.Listen(4);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Make(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, mode);   // apart from CreateDirectory, because that one obeys the umask
    }
}
