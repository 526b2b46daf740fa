using Faas.Events.Brokers;

namespace Faas.Events.Mqtt;

/// <summary>
/// Acknowledges messages in the order in which they came, as MQTT 5 demands of clients ([MQTT-4.6.0-2]), though their deliveries end in any order: one that takes long holds
/// back the acknowledgements of those behind it.
/// </summary>
internal sealed class MqttAcknowledgements(string place) : IDisposable
{
    private static readonly TimeSpan FlushWithin = TimeSpan.FromSeconds(1);

    private readonly Queue<Expected> _expected = new();   // oldest first; used under its own lock
    private readonly Dictionary<MqttDelivery, Expected> _open = new(ReferenceEqualityComparer.Instance);   // the same, until they are done with
    private readonly SemaphoreSlim _turn = new(1, 1);   // of who sends

    /// <summary>A message came that is to be acknowledged.</summary>
    public void Expect(MqttDelivery delivery, Func<CancellationToken, Task> acknowledge)
    {
        var expected = new Expected(acknowledge);
        lock (_expected)
        {
            _expected.Enqueue(expected);
            _open.Add(delivery, expected);
        }
    }

    /// <summary>A message is done with: it is acknowledged as soon as all before it are.</summary>
    /// <exception cref="BrokerException">The connection is lost: the messages come again.</exception>
    public async Task CompleteAsync(MqttDelivery delivery, CancellationToken ct)
    {
        lock (_expected)
        {
            if (!_open.Remove(delivery, out var expected))
            {
                return;   // of QoS 0
            }

            expected.IsDone = true;
        }

        await _turn.WaitAsync(ct);
        try
        {
            while (TakeFirst() is { } first)
            {
                await first.Acknowledge(ct);
            }
        }
        catch (Exception exception) when (MqttErrors.Concerns(exception, ct))
        {
            throw MqttErrors.Lost(exception, place);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Before the connection is closed: what is done with is acknowledged even though something before it is not, so that it does not run again. A broker that insists on the order
    /// closes the connection, which comes to the same.
    /// </summary>
    public async Task FlushAsync()
    {
        using var limit = new CancellationTokenSource(FlushWithin);
        List<Expected> done;
        lock (_expected)
        {
            done = [.. _expected.Where(expected => expected.IsDone)];
            _expected.Clear();
        }

        try
        {
            foreach (var expected in done)
            {
                await expected.Acknowledge(limit.Token);
            }
        }
        catch (Exception exception) when (MqttErrors.Concerns(exception, CancellationToken.None))
        {
            // The connection is lost: they come again.
        }
    }

    public void Dispose() => _turn.Dispose();

    private Expected? TakeFirst()
    {
        lock (_expected)
        {
            return _expected.TryPeek(out var first) && first.IsDone ? _expected.Dequeue() : null;
        }
    }

    private sealed class Expected(Func<CancellationToken, Task> acknowledge)
    {
        public Func<CancellationToken, Task> Acknowledge { get; } = acknowledge;

        public bool IsDone { get; set; }
    }
}
