using Faas.Instances.Languages;

namespace Faas.Instances.HostImages;

/// <summary>Finds the shared libraries that programs need, by asking the host's own loader.</summary>
internal static class LibraryClosure
{
    /// <summary>Libraries that are opened by name at run time, so that no program lists them: TLS for .NET, name resolution for libc, thread exit for Python.</summary>
    private static readonly string[] OpenedByName = ["libssl.so.3", "libssl.so.1.1", "libcrypto.so.3", "libcrypto.so.1.1", "libgcc_s.so.1", "libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

    /// <summary>The libraries of all <paramref name="programs"/> and theirs in turn, as absolute paths.</summary>
    public static async Task<IReadOnlySet<string>> OfAsync(IReadOnlyList<string> programs, TimeProvider time, CancellationToken cancellationToken)
    {
        var byName = await OpenedByNameAsync(time, cancellationToken);
        var found = new HashSet<string>(byName, StringComparer.Ordinal);
        foreach (var some in programs.Concat(byName).Distinct().Chunk(64))
        {
            var answer = await HostCommand.RunAsync("ldd", some, time, cancellationToken);
            foreach (var line in answer.Output.Split('\n'))
            {
                if (PathOf(line) is { } path && File.Exists(path))
                {
                    found.Add(path);
                }
            }
        }

        return found;
    }

    /// <summary>Lines like <c>libz.so.1 => /lib/libz.so.1 (0x7f)</c> and <c>/lib64/ld-linux-x86-64.so.2 (0x7f)</c>.</summary>
    private static string? PathOf(string line)
    {
        var end = line.LastIndexOf(" (0x", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var arrow = line.IndexOf("=> ", StringComparison.Ordinal);
        var path = (arrow < 0 ? line[..end] : line[(arrow + 3)..end]).Trim();
        return path.StartsWith('/') ? path : null;
    }

    private static async Task<List<string>> OpenedByNameAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var program = File.Exists("/sbin/ldconfig") ? "/sbin/ldconfig" : "ldconfig";
        var answer = await HostCommand.RunAsync(program, ["-p"], time, cancellationToken);
        return [.. answer.Output.Split('\n')
            .Select(line => line.Split(" => "))
            .Where(parts => parts.Length == 2 && OpenedByName.Contains(parts[0].Trim().Split(' ')[0]) && File.Exists(parts[1].Trim()))
            .Select(parts => parts[1].Trim())];
    }
}
