namespace Faas.Storage;

/// <summary>The store cannot do what it was asked; the message says what to do.</summary>
public sealed class StoreException(StoreFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is wrong.</summary>
    public StoreFailure Failure { get; } = failure;
}

/// <summary>Why a store failed.</summary>
public enum StoreFailure
{
    /// <summary>The file cannot be opened or created, or the server's address cannot be read.</summary>
    CannotOpen,

    /// <summary>The file was written by a newer version of the platform.</summary>
    NewerSchema,

    /// <summary>The file is damaged or no database.</summary>
    Damaged,

    /// <summary>A function has no such revision.</summary>
    UnknownRevision,

    /// <summary>The server is not reachable, or not ready yet. Whether the operation happened is not known; it may be repeated.</summary>
    Unreachable,

    /// <summary>The server refuses: it is full, is a replica, or does not know us. Nothing happened.</summary>
    Refused,

    /// <summary>A secret was sealed with another key than the one that there is, or the key's file holds none.</summary>
    WrongKey,
}
