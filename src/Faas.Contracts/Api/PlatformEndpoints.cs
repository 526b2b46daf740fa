namespace Faas.Contracts.Api;

/// <summary>Where a running platform listens: the content of <see cref="Hosting.DataFolder.EndpointsFile"/>.</summary>
/// <param name="Pid">The process that wrote it: <c>faas up</c>.</param>
/// <param name="PublicUrl">Where callers invoke functions.</param>
/// <param name="AdminUrl">Where the management API listens.</param>
public sealed record PlatformEndpoints(int Pid, string PublicUrl, string AdminUrl);
