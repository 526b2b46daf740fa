using Faas.Contracts.Functions;

namespace Faas.Storage;

/// <summary>One immutable revision of a function, as it is kept.</summary>
/// <param name="Id">The revision's id, unique within its function.</param>
/// <param name="Function">The function's name.</param>
/// <param name="Spec">What was deployed.</param>
/// <param name="BuildDigest">Folder below <c>DataFolder.Code</c>; empty for functions that are only an image.</param>
/// <param name="CreatedAt">When it was first deployed.</param>
public sealed record RevisionRecord(string Id, string Function, FunctionSpec Spec, string BuildDigest, DateTimeOffset CreatedAt);
