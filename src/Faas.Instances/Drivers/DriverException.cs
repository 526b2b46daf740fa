namespace Faas.Instances.Drivers;

/// <summary>A driver could not do what it was asked.</summary>
internal sealed class DriverException : Exception
{
    public DriverException(string act, string message, bool isTransient, Exception? inner = null)
        : base(message, inner)
    {
        Act = act;
        IsTransient = isTransient;
    }

    /// <summary>What was tried: <c>start</c>, <c>remove</c>, ...</summary>
    public string Act { get; }

    /// <summary>Whether the same may succeed later without anybody changing anything but the engine.</summary>
    public bool IsTransient { get; }

    /// <summary>Whether what the act was about does not exist.</summary>
    public bool IsNotFound { get; init; }

    /// <summary>Whether it exists already, or is in a state that forbids the act.</summary>
    public bool IsConflict { get; init; }
}
