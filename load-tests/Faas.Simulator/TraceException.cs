namespace Faas.Simulator;

/// <summary>The trace or the arguments are not usable; the message is one line for the user.</summary>
internal sealed class TraceException(string message) : Exception(message);
