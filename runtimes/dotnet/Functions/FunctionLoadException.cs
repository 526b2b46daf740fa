namespace Faas.Runtime.DotNet.Functions;

/// <summary>The function cannot be loaded, and why, in the words of the Specialized frame.</summary>
internal sealed class FunctionLoadException : Exception
{
    private FunctionLoadException(string error, string message, Exception? innerException)
        : base(message, innerException) => Error = error;

    /// <summary><c>HandlerNotFound</c>, <c>LoadFailed</c> or <c>InitFailed</c>.</summary>
    public string Error { get; }

    public static FunctionLoadException NotFound(string message) => new("HandlerNotFound", message, null);

    public static FunctionLoadException Load(string message, Exception? cause = null) => new("LoadFailed", message, cause);

    public static FunctionLoadException Init(string message, Exception? cause = null) => new("InitFailed", message, cause);
}
