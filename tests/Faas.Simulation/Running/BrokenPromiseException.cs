namespace Faas.Simulation.Running;

/// <summary>Something happened that must never happen.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
