using System.Text.RegularExpressions;
using Confluent.Kafka;
using Faas.Events.Brokers;
using Faas.Events.Triggers;

namespace Faas.Events.Kafka;

/// <summary>
/// Makes words for users of what Kafka's client says about itself. It connects again by itself, so a broker that is away ends nothing; what no waiting helps against, a wrong password for example,
/// ends the source. Thread-safe.
/// </summary>
internal sealed partial class KafkaHealth(TriggerStatus status, KafkaSettings settings)
{
    private readonly Lock _lock = new();
    private BrokerException? _failure;
    private string? _reason;        // why the last connection failed
    private bool _isAway;           // no broker answers
    private string? _said;          // what the trigger's status says now; null when it says that the trigger works
    private bool _hasBegun;         // the group has given this member its partitions
    private bool _hasEnded;

    /// <summary>Whether no broker answers.</summary>
    public bool IsAway
    {
        get
        {
            lock (_lock)
            {
                return _isAway;
            }
        }
    }

    /// <summary>Why it does not answer, in a sentence.</summary>
    public string Silence
    {
        get
        {
            lock (_lock)
            {
                return $"Kafka at {settings.Place} does not answer{(_reason is null ? "" : $": {_reason}")}";
            }
        }
    }

    /// <summary>Something that the client has to say.</summary>
    public void Report(Error error)
    {
        lock (_lock)
        {
            if (KafkaProblems.Of(error, settings) is { } problem)
            {
                _failure ??= new BrokerException(problem);
            }
            else if (error.Code is ErrorCode.Local_Transport or ErrorCode.Local_Resolve or ErrorCode.Local_Ssl)
            {
                _reason = ReasonOf(error.Reason);
                SayAway();
            }
            else if (error.Code == ErrorCode.Local_AllBrokersDown)
            {
                _isAway = true;
                SayAway();
            }
        }
    }

    /// <summary>Something does not work, and is tried again by itself.</summary>
    public void Fails(string text)
    {
        lock (_lock)
        {
            Say(text);
        }
    }

    /// <summary>The group has given this member its partitions, or none because others have them all.</summary>
    public void Begun()
    {
        lock (_lock)
        {
            (_hasBegun, _isAway, _said) = (true, false, null);
            status.Connected();
        }
    }

    /// <summary>A broker has answered. A message is no such sign: it may have been fetched before.</summary>
    public void Alive()
    {
        lock (_lock)
        {
            _isAway = false;
            if (_hasBegun && !_hasEnded && _said is not null)
            {
                _said = null;
                status.Connected();
            }
        }
    }

    /// <summary>Says nothing any more: another run of the source may.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
        }
    }

    /// <summary>Ends the source where there is a reason to.</summary>
    public void ThrowIfFailed()
    {
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw _failure;
            }
        }
    }

    /// <summary>Without how long it took, which is different each time: <c>127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (in state CONNECT)</c>.</summary>
    private static string ReasonOf(string reason) => Duration().Replace(reason, "(");

    private void SayAway()
    {
        if (_isAway && _hasBegun)   // before, the beginning fails, which says it
        {
            Say($"Kafka at {settings.Place} does not answer{(_reason is null ? "" : $": {_reason}")}; it is tried again by itself");
        }
    }

    private void Say(string text)
    {
        if (text != _said && !_hasEnded)
        {
            _said = text;
            status.Failed(text);
        }
    }

    [GeneratedRegex(@"\(after \d+ms ")]
    private static partial Regex Duration();
}
