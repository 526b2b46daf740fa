using System.Net.Sockets;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// The rest of an invocation whose caller is not waited for any more: it has its answer, gave up, or ran into the timeout. The slot stays in use until
/// the worker says End. A worker that doesn't within the function's timeout and a second hangs, and its instance is discarded.
/// </summary>
internal sealed class ExchangeTail(
    WorkerConnection connection, LiveInvocation invocation, int frameLeft, TimeSpan left, CancelReason? cancel, RequestBodyState body)
{
    /// <summary>What a function gets for cleaning up after it was told to stop.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private int _frameLeft = frameLeft;

    /// <summary>Waits for End. True when the connection can be used again.</summary>
    public async Task<bool> FinishAsync(TimeProvider clock)
    {
        try
        {
            if (cancel is { } reason)
            {
                await SendCancelAsync(reason, clock);
                await ReadToEndAsync(reason == CancelReason.Timeout ? Grace : left + Grace, clock);
            }
            else if (!await TryReadToEndAsync(left, clock))
            {
                await SendCancelAsync(CancelReason.Timeout, clock);
                await ReadToEndAsync(Grace, clock);
            }

            return cancel is null && body.IsSent && connection.Watch.End == RunEnd.None;
        }
        catch (OperationCanceledException)
        {
            var instance = invocation.Instance!;
            instance.Gate.Condemn(instance, $"invocation {invocation.Id} went on after it was told to stop");
            return false;
        }
        catch (Exception exception) when (exception is IOException or SocketException or WorkerProtocolException or ObjectDisposedException)
        {
            return false;   // The worker closed the connection, which ends the invocation as well.
        }
    }

    private async Task<bool> TryReadToEndAsync(TimeSpan within, TimeProvider clock)
    {
        try
        {
            await ReadToEndAsync(within, clock);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SendCancelAsync(CancelReason reason, TimeProvider clock)
    {
        if (body.IsAtBoundary)
        {
            var output = connection.Output;
            output.Clear();
            output.BeginFrame();
            output.U8((byte)reason);
            output.EndFrame(FrameType.Cancel, connection.Stream);
            using var limit = new CancellationTokenSource(Grace, clock);
            await connection.FlushAsync(limit.Token);
        }

        if (!body.IsSent)
        {
            // The rest of the body will never come, and nothing else can follow on this connection.
            connection.FinishSending();
        }
    }

    private async Task ReadToEndAsync(TimeSpan within, TimeProvider clock)
    {
        using var limit = new CancellationTokenSource(within, clock);
        while (true)
        {
            while (_frameLeft > 0)
            {
                await DropAsync(limit.Token);
            }

            var header = await connection.PeekAsync(limit.Token);
            connection.Skip(FrameHeader.Length);
            _frameLeft = header.PayloadLength;
            if (header.Type == FrameType.End)
            {
                while (_frameLeft > 0)
                {
                    await DropAsync(limit.Token);
                }

                return;
            }
        }
    }

    private async ValueTask DropAsync(CancellationToken cancellationToken)
    {
        if (connection.Buffered.IsEmpty)
        {
            await connection.FillAsync(1, cancellationToken);
        }

        var count = Math.Min(_frameLeft, connection.Buffered.Length);
        connection.Skip(count);
        _frameLeft -= count;
    }
}

/// <summary>How far a request's body had come when its caller left.</summary>
/// <param name="IsSent">Whether all of it was sent.</param>
/// <param name="IsAtBoundary">Whether what was sent ends with a whole frame.</param>
internal readonly record struct RequestBodyState(bool IsSent, bool IsAtBoundary);
