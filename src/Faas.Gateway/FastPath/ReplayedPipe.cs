using System.IO.Pipelines;

namespace Faas.Gateway.FastPath;

/// <summary>A connection whose beginning was read elsewhere.</summary>
internal sealed record ReplayedPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
