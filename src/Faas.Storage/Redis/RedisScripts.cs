namespace Faas.Storage.Redis;

/// <summary>The texts of the scripts in <c>Scripts/</c>, each behind what they share.</summary>
internal static class RedisScripts
{
    private static readonly string Shared = Read("shared");   // first: the others begin with it

    public static readonly string Enqueue = Load("enqueue");

    public static readonly string Claim = Load("claim");

    public static readonly string Renew = Load("renew");

    public static readonly string End = Load("end");

    public static readonly string Lost = Load("lost");

    public static readonly string Requeue = Load("requeue");

    public static readonly string Cancel = Load("cancel");

    public static readonly string Find = Load("find");

    public static readonly string List = Load("list");

    public static readonly string Backlog = Load("backlog");

    public static readonly string Redrive = Load("redrive");

    public static readonly string Purge = Load("purge");

    public static readonly string Forget = Load("forget");

    public static readonly string UsageRead = Load("usage-read");

    public static readonly string UsageRemove = Load("usage-remove");

    public static readonly string UsageRename = Load("usage-rename");

    private static string Load(string name) => Shared + Read(name);

    private static string Read(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is missing in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
