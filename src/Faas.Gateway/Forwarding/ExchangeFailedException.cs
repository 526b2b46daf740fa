namespace Faas.Gateway.Forwarding;

/// <summary>Tells YARP that there is no (complete) answer. Why is on the invocation already.</summary>
internal sealed class ExchangeFailedException(Exception? innerException) : IOException("the invocation failed", innerException);
