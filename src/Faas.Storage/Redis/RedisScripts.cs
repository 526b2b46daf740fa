using System.Security.Cryptography;
using System.Text;

namespace Faas.Storage.Redis;

/// <summary>A script, and the hash by which Redis knows it.</summary>
internal sealed record RedisScript(string Text, byte[] Hash);

/// <summary>The scripts in <c>Scripts/</c>, each behind what they share.</summary>
internal static class RedisScripts
{
    // First: the others begin with it, and are added to the list.
    private static readonly string Shared = Read("shared");

    private static readonly List<RedisScript> Loaded = [];

    public static readonly RedisScript Enqueue = Load("enqueue");

    public static readonly RedisScript Claim = Load("claim");

    public static readonly RedisScript Renew = Load("renew");

    public static readonly RedisScript End = Load("end");

    public static readonly RedisScript Lost = Load("lost");

    public static readonly RedisScript Requeue = Load("requeue");

    public static readonly RedisScript Cancel = Load("cancel");

    public static readonly RedisScript Find = Load("find");

    public static readonly RedisScript List = Load("list");

    public static readonly RedisScript Backlog = Load("backlog");

    public static readonly RedisScript Redrive = Load("redrive");

    public static readonly RedisScript Purge = Load("purge");

    public static readonly RedisScript Forget = Load("forget");

    public static readonly RedisScript UsageRead = Load("usage-read");

    public static readonly RedisScript UsageRemove = Load("usage-remove");

    public static readonly RedisScript UsageRename = Load("usage-rename");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RedisScript> All => Loaded;

    /// <summary>A script; its hash is what Redis calls it by.</summary>
    public static RedisScript Create(string text)
    {
#pragma warning disable CA5350 // Redis says that it is SHA-1; it protects nothing here.
        return new RedisScript(text, SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    private static RedisScript Load(string name)
    {
        var script = Create(Shared + Read(name));
        Loaded.Add(script);
        return script;
    }

    private static string Read(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is missing in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
