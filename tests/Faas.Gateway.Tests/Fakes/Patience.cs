namespace Faas.Gateway.Tests.Fakes;

/// <summary>How long tests wait for what must happen. Long, because machines are slow and shared; nothing asserts that something is fast.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
