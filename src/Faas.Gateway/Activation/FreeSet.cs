using System.Numerics;

namespace Faas.Gateway.Activation;

/// <summary>Which positions have something free: one bit each, lowest first, so that load packs onto few instances and the tail goes idle.</summary>
internal struct FreeSet
{
    private ulong[] _words;

    /// <summary>An empty set.</summary>
    public FreeSet() => _words = new ulong[1];

    /// <summary>Marks a position as free.</summary>
    public void Add(int position)
    {
        var word = position >> 6;
        if (word >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max(word + 1, _words.Length * 2));
        }

        _words[word] |= 1UL << (position & 63);
    }

    /// <summary>Marks a position as not free.</summary>
    public readonly void Remove(int position)
    {
        var word = position >> 6;
        if (word < _words.Length)
        {
            _words[word] &= ~(1UL << (position & 63));
        }
    }

    /// <summary>The lowest free position, or -1.</summary>
    public readonly int Lowest()
    {
        for (var word = 0; word < _words.Length; word++)
        {
            if (_words[word] != 0)
            {
                return (word << 6) + BitOperations.TrailingZeroCount(_words[word]);
            }
        }

        return -1;
    }
}
