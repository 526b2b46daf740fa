namespace Faas.Events.Triggers;

/// <summary>Names of what has changed, until somebody does something about it. Thread-safe.</summary>
internal sealed class PendingNames
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public void Add(string name)
    {
        lock (_names)
        {
            _names.Add(name);
        }
    }

    /// <summary>Takes all names away; what changes from now on is there again.</summary>
    public HashSet<string> Take()
    {
        lock (_names)
        {
            var taken = new HashSet<string>(_names, StringComparer.Ordinal);
            _names.Clear();
            return taken;
        }
    }

    /// <summary>Nothing could be done about these.</summary>
    public void PutBack(HashSet<string> taken)
    {
        lock (_names)
        {
            _names.UnionWith(taken);
        }
    }
}
