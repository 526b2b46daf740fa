namespace Faas.Instances.Stems;

/// <summary>A stem could not be started.</summary>
internal sealed class StemException(string message, IReadOnlyList<string> tail, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What it wrote before it failed.</summary>
    public IReadOnlyList<string> Tail { get; } = tail;
}
