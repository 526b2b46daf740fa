using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Faas.Cli.CommandLine;
using Faas.Contracts.Api;
using Faas.Contracts.Hosting;

namespace Faas.Cli.Supervision;

/// <summary>Makes a data folder: the folder itself, the admin key, the file that says where the platform listens.</summary>
internal static class FolderSetup
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0711: instances run as uids of their own and must reach their sockets below it, but need not list it.</summary>
    private const UnixFileMode Traversable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>256 bits: not to be guessed.</summary>
    private const int KeyBytes = 32;

    public static void CreateRoot(DataFolder data)
    {
        try
        {
            if (!Directory.Exists(data.Root))
            {
                Directory.CreateDirectory(data.Root, Traversable);
            }

            // Asking for permission and then writing are two things; writing is the one that counts.
            var probe = Path.Combine(data.Root, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Error, $"Cannot write to the data folder {data.Root} ({Output.Text.FirstLine(e.Message)}); choose another with --data DIR.");
        }
    }

    /// <summary>The admin key: the one that exists, else a new one in a file that only its owner can read.</summary>
    public static string EnsureKey(DataFolder data)
    {
        if (PlatformAddress.ReadKey(data) is { } existing)
        {
            return existing;
        }

        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        WritePrivately(data.AdminKeyFile, key + "\n");
        return key;
    }

    public static void WriteEndpoints(DataFolder data, PlatformEndpoints endpoints) =>
        WritePrivately(data.EndpointsFile, JsonSerializer.Serialize(endpoints, FaasJson.Default.PlatformEndpoints) + "\n");

    /// <summary>Writes beside the target and renames, so that no reader sees half a file.</summary>
    private static void WritePrivately(string path, string content)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OnlyOwner }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
