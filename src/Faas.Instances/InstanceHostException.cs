namespace Faas.Instances;

/// <summary>The host of instances cannot start. The message is one line for users and says what to do.</summary>
public sealed class InstanceHostException : Exception
{
    /// <summary>Without a message.</summary>
    public InstanceHostException()
    {
    }

    /// <summary>With a line for users.</summary>
    public InstanceHostException(string message)
        : base(message)
    {
    }

    /// <summary>With a line for users and the cause.</summary>
    public InstanceHostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
