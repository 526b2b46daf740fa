namespace Faas.Instances.Stems;

/// <summary>
/// A stem that is being made in the background. Somebody who finds no ready one can claim it; then it is theirs. The pool's lock guards all but
/// <see cref="WaitAsync"/>.
/// </summary>
internal sealed class StemStart(TimeProvider time) : IDisposable
{
    /// <summary>
    /// How long somebody who is in no hurry waits for a stem that is made with what others leave it of the cores; then it competes for them like everybody. It takes 0.1
    /// to 0.5 s on cores that have time; on cores that have none it would never be ready, and what nobody claims need not be.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _hurry = new(Timeout.InfiniteTimeSpan, time);
    private TaskCompletionSource<LiveSandbox?>? _claim;

    /// <summary>Cancelled when it must not be made in the background any longer.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Claims it. False when somebody else has.</summary>
    public bool TryClaim(bool isUrgent)
    {
        if (_claim is { Task.IsCanceled: false })
        {
            return false;
        }

        _claim = new TaskCompletionSource<LiveSandbox?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (isUrgent)
        {
            _ = _hurry.CancelAsync();   // not here, where the pool's lock is held: it writes a file
        }
        else
        {
            _hurry.CancelAfter(Patience);
        }

        return true;
    }

    /// <summary>The claimed stem; null when it could not be made.</summary>
    /// <exception cref="OperationCanceledException">It is not wanted any more, and goes to the pool.</exception>
    public async Task<LiveSandbox?> WaitAsync(CancellationToken cancellationToken)
    {
        var claim = _claim!;
        await using var givingUp = cancellationToken.UnsafeRegister(_ => claim.TrySetCanceled(cancellationToken), null);
        return await claim.Task;
    }

    /// <summary>Hands it to who claimed it. False when nobody has, or does not want it any more.</summary>
    public bool TryGive(LiveSandbox? stem) => _claim?.TrySetResult(stem) ?? false;

    public void Dispose() => _hurry.Dispose();
}
