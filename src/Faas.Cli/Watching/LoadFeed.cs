using System.Net;
using Faas.Contracts.Api;

namespace Faas.Cli.Watching;

/// <summary>Reads the load again and again, and knows which failures pass.</summary>
internal sealed class LoadFeed(FaasClient client, TimeProvider time)
{
    /// <summary>A platform that takes longer does not answer: whoever watches wants to know that, not to wait for it.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private PlatformLoad? _last;

    /// <summary>One reading, and the one before it unless the platform was away in between.</summary>
    public async Task<LoadChange> ReadAsync(CancellationToken cancellationToken)
    {
        var before = _last;
        _last = null;
        _last = await AskAsync(cancellationToken);
        return new LoadChange(before, _last);
    }

    /// <summary>Whether the platform is only away for now: it does not answer, or it does not work yet.</summary>
    public static bool IsAway(Exception error) => error is FaasUnreachableException or FaasApiException { StatusCode: >= HttpStatusCode.InternalServerError };

    private async Task<PlatformLoad> AskAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await client.GetLoadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaasUnreachableException(client.AdminUrl, new TimeoutException($"no answer within {AnswerTimeout.TotalSeconds} s"));
        }
    }
}
