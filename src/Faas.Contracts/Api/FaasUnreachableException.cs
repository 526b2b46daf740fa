namespace Faas.Contracts.Api;

/// <summary>Nothing answered at the platform's address, or the connection broke before the answer was complete.</summary>
public sealed class FaasUnreachableException(Uri address, Exception inner)
    : Exception($"No answer from the platform at {address.GetLeftPart(UriPartial.Authority)}: {inner.Message}", inner)
{
    /// <summary>The address that was tried.</summary>
    public Uri Address { get; } = address;
}
