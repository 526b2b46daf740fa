using System.Collections.Concurrent;

namespace Faas.Events.Tests;

/// <summary>Holds back what the test says.</summary>
internal sealed class FakeHolds : IEventHolds
{
    public ConcurrentDictionary<string, int> Limits { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset Released { get; set; }

    public int? LimitOf(string function) => Limits.TryGetValue(function, out var limit) ? limit : null;

    public DateTimeOffset ReleasedAt(string function) => Released;
}
