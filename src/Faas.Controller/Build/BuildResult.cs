namespace Faas.Controller.Build;

/// <summary>Code that is ready to run.</summary>
/// <param name="BuildDigest">The folder's name below <c>DataFolder.Code</c>; empty for a function that is only an image.</param>
/// <param name="Folder">The folder, absolute, never changed again; empty for an image.</param>
/// <param name="Compiled">How long compiling took; null when nothing was compiled, be it unneeded or done before.</param>
public sealed record BuildResult(string BuildDigest, string Folder, TimeSpan? Compiled);
