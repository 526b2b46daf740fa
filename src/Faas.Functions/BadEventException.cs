namespace Faas.Functions;

/// <summary>
/// The event is not what the function takes. Thrown by the SDK when JSON cannot be read; throw it yourself when your own check fails. The
/// invocation ends as the caller's fault and is not counted as the function's failure.
/// </summary>
public sealed class BadEventException : Exception
{
    /// <summary>Without a message.</summary>
    public BadEventException()
    {
    }

    /// <summary>With what is wrong with the event, in words for the caller.</summary>
    public BadEventException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong with the event, and its cause.</summary>
    public BadEventException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
