using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Sends results to addresses: one signed POST an attempt.</summary>
public sealed class DeliveryTransport : IAttemptTransport, IDisposable
{
    /// <summary>A receiver that works for longer than this should answer first: as long as most webhooks' senders wait.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);

    private readonly CallbackRules _rules;
    private readonly CallbackSigner _signer;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _toCallers;      // of their own, so that no connection to an address that only the manifest may name is reused for a caller's
    private readonly HttpMessageInvoker _toDestinations;

    /// <summary>A sender that signs with <paramref name="signer"/>.</summary>
    public DeliveryTransport(EventsOptions options, CallbackSigner signer, TimeProvider time)
    {
        (_signer, _time) = (signer, time);
        _rules = new CallbackRules(options.LocalCallbackHosts);
        _toCallers = Client(guarded: true);
        _toDestinations = Client(guarded: false);
    }

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(Claim claim, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = _time.CreateTimer(static limit => ((CancellationTokenSource)limit!).Cancel(), limit, AnswerWithin, Timeout.InfiniteTimeSpan);
        using var request = RequestOf(claim);
        var client = claim.Entry.IsCallersAddress ? _toCallers : _toDestinations;
        try
        {
            using var response = await client.SendAsync(request, limit.Token);
            var status = (int)response.StatusCode;
            var isTaken = response.IsSuccessStatusCode;
            return new AttemptResult
            {
                Progress = AttemptProgress.Ended,
                Status = isTaken ? status : Math.Max(400, status),   // a redirection is not followed: what it points at was not asked for
                Detail = isTaken ? null : $"{claim.Entry.DeliverTo} answered with status {status}",
                RetryAfter = response.Headers.RetryAfter?.Delta,
            };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Unreachable($"{claim.Entry.DeliverTo} did not answer within {AnswerWithin.TotalSeconds:0} s");
        }
        catch (HttpRequestException exception)
        {
            return Unreachable($"{claim.Entry.DeliverTo} could not be reached: {exception.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _toCallers.Dispose();
        _toDestinations.Dispose();
    }

    private HttpRequestMessage RequestOf(Claim claim)
    {
        var entry = claim.Entry;
        var now = _time.GetUtcNow();
        var request = new HttpRequestMessage(HttpMethod.Post, entry.DeliverTo) { Content = new ReadOnlyMemoryContent(claim.Body) };
        foreach (var (name, value) in entry.Request.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        request.Headers.TryAddWithoutValidation("webhook-id", entry.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", CallbackSigner.Timestamp(now));
        request.Headers.TryAddWithoutValidation("webhook-signature", _signer.Sign(entry.Id, now, claim.Body.Span));
        request.Headers.TryAddWithoutValidation("User-Agent", "faas");
        return request;
    }

    private static AttemptResult Unreachable(string detail) => new() { Progress = AttemptProgress.Ended, Error = InvocationError.Unavailable, Detail = detail };

    private HttpMessageInvoker Client(bool guarded) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseDrainSize = 64 * 1024,
        ConnectTimeout = ConnectWithin,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),   // a name may move
        ConnectCallback = async (context, ct) => await ConnectAsync(context.DnsEndPoint, guarded, ct),
    });

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool guarded, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, ct);
        if (guarded && addresses.Select(address => _rules.Refuses(endpoint.Host, address)).FirstOrDefault(refusal => refusal is not null) is { } why)
        {
            throw new HttpRequestException(why);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endpoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
