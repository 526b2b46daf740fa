namespace Faas.Events.Brokers;

/// <summary>Why a source does not work, in words for the trigger's user: what is wrong, where, and what to do. Never has a secret in it.</summary>
internal sealed class BrokerException : Exception
{
    public BrokerException(string message)
        : base(message)
    {
    }

    public BrokerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
