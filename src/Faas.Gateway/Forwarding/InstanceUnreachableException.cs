namespace Faas.Gateway.Forwarding;

/// <summary>An instance doesn't take connections. Nothing was sent, so another one may serve the invocation.</summary>
internal sealed class InstanceUnreachableException(Exception innerException) : IOException("the instance takes no connections", innerException);
