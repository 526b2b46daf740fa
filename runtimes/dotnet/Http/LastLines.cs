namespace Faas.Runtime.DotNet.Http;

/// <summary>The last few lines that a program wrote before it ended.</summary>
internal sealed class LastLines
{
    private const int CharactersMax = 2000;

    private readonly Lock _gate = new();
    private string _tail = "";

    public void Add(ReadOnlySpan<char> text)
    {
        lock (_gate)
        {
            _tail = string.Concat(_tail, text);
            _tail = _tail.Length <= CharactersMax ? _tail : _tail[^CharactersMax..];
        }
    }

    /// <inheritdoc />
    public override string ToString()
    {
        lock (_gate)
        {
            var text = _tail.Trim();
            return text.Length == 0 ? "; it wrote nothing" : $"; it wrote last: {text}";
        }
    }
}
