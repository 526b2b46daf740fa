using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Faas.LoadTests.Chaos;

/// <summary>Callers that send a round's events, each event once unless it says otherwise: what is not answered with 202 is not accepted, and nobody asks why.</summary>
internal sealed class EventCallers : IDisposable
{
    private static readonly TimeSpan BackWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly IPEndPoint _target;
    private readonly HttpClient _http;
    private int _begun;

    public EventCallers(IPEndPoint target, string function)
    {
        _target = target;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://{target}/async-function/{function}"),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    /// <summary>How many of the round's events have been begun.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>What callers were told, and how often.</summary>
    public ConcurrentDictionary<string, int> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>Sends all events when their time has come, so many at a time.</summary>
    public async Task SendAsync(IReadOnlyList<ChaosEvent> events, int callers, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _begun, 0);
        Answers.Clear();
        var began = _time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallAsync(events, began, cancellationToken)));
    }

    public void Dispose() => _http.Dispose();

    private async Task CallAsync(IReadOnlyList<ChaosEvent> events, long began, CancellationToken cancellationToken)
    {
        for (var i = Interlocked.Increment(ref _begun) - 1; i < events.Count; i = Interlocked.Increment(ref _begun) - 1)
        {
            var sent = events[i];
            var pause = sent.At - _time.GetElapsedTime(began);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _time, cancellationToken);
            }

            string?[] ids = sent.Sending switch
            {
                Sending.TwiceAtOnce => await Task.WhenAll(SendOneAsync(sent, cancellationToken), SendOneAsync(sent, cancellationToken)),
                Sending.TwiceInTurn => [await SendOneAsync(sent, cancellationToken), await SendOneAsync(sent, cancellationToken)],
                _ => [await SendOneAsync(sent, cancellationToken)],
            };
            sent.Promised = [.. ids.OfType<string>()];
        }
    }

    /// <summary>The id of the 202 answer; null for any other end.</summary>
    private async Task<string?> SendOneAsync(ChaosEvent sent, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = new StringContent(sent.Token, Encoding.ASCII, "text/plain") };
        Add(request, "X-Faas-Delay", sent.Delay);
        Add(request, "X-Call-Id", sent.ChosenId);
        Add(request, "Idempotency-Key", sent.Sending == Sending.Once ? null : $"key-{sent.Token}");
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            Count($"{(int)response.StatusCode}{(response.Headers.TryGetValues("X-Faas-Error", out var errors) ? " " + errors.First() : "")}");
            return response.StatusCode != HttpStatusCode.Accepted ? null
                : response.Headers.TryGetValues("X-Call-Id", out var ids) ? ids.First()
                : throw new InvalidOperationException($"{sent.Token} was answered with 202 without an X-Call-Id.");
        }
        catch (HttpRequestException)
        {
            Count("broken connection");
            await WaitForGatewayAsync(cancellationToken);
            return null;
        }
    }

    /// <summary>A gateway that is away would use up all events within a blink.</summary>
    private async Task WaitForGatewayAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(_target, cancellationToken);
                return;
            }
            catch (SocketException) when (_time.GetElapsedTime(began) < BackWithin)
            {
                await Task.Delay(LookEvery, _time, cancellationToken);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"The gateway is not back after {BackWithin.TotalSeconds} s.");
            }
        }
    }

    private void Count(string answer) => Answers.AddOrUpdate(answer, 1, (_, count) => count + 1);

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
