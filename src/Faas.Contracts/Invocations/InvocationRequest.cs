namespace Faas.Contracts.Invocations;

/// <summary>What an asynchronous invocation gives its function, apart from the body.</summary>
/// <param name="IsEvent">Whether the body is a raw JSON event and not an HTTP request's body.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path below the function, percent-encoded, at least <c>/</c>.</param>
/// <param name="Query">Query without the question mark.</param>
/// <param name="Headers">Headers in order; names may repeat.</param>
public sealed record InvocationRequest(bool IsEvent, string Method, string Path, string Query, IReadOnlyList<HeaderField> Headers);

/// <summary>One header.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record HeaderField(string Name, string Value);
