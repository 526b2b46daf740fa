namespace Faas.Storage;

/// <summary>A bundle cannot be taken in or handed out.</summary>
public sealed class BundleException(BundleFailure failure, string message) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public BundleFailure Failure { get; } = failure;
}

/// <summary>Why a bundle was refused.</summary>
public enum BundleFailure
{
    /// <summary>The digest is not 64 characters of lower-case hex.</summary>
    InvalidDigest,

    /// <summary>What arrived has another digest: it was damaged on the way, or is something else.</summary>
    DigestMismatch,

    /// <summary>It is larger than the limit.</summary>
    TooLarge,

    /// <summary>There is no bundle of this digest.</summary>
    NotFound,
}
