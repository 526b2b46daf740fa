namespace Faas.Runtime.DotNet.Connections;

/// <summary>The other side of a connection went away while something was sent to it. Never thrown by a function, so never taken for its failure.</summary>
internal sealed class PeerGoneException : Exception
{
    public PeerGoneException(Exception innerException)
        : base("the connection was closed by the other side", innerException)
    {
    }
}
