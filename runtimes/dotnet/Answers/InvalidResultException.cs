namespace Faas.Runtime.DotNet.Answers;

/// <summary>No answer can be made of what the handler returned.</summary>
internal sealed class InvalidResultException(string message, Exception? innerException = null) : Exception(message, innerException);
