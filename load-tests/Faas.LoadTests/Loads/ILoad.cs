using System.Net;

namespace Faas.LoadTests.Loads;

/// <summary>
/// A way to call a server for a while. The scenarios know no client but through this, so that another one can take its place: wrk's closed loop
/// and our own open loop are the two there are.
/// </summary>
internal interface ILoad
{
    /// <summary>For the report: what it is, and how many callers.</summary>
    string Name { get; }

    /// <summary>Calls <paramref name="server"/> for <paramref name="duration"/>. Requests that fail are counted in the result and are no exception.</summary>
    Task<LoadResult> RunAsync(IPEndPoint server, LoadRequest request, TimeSpan duration, CancellationToken cancellationToken);
}
