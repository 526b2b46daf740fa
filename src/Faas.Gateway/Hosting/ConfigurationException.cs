namespace Faas.Gateway.Hosting;

/// <summary>The gateway cannot run the way it was started. The message is one line for whoever started it.</summary>
internal sealed class ConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
