using System.Buffers;
using System.IO.Pipelines;

namespace Faas.Gateway.FastPath;

/// <summary>What the fast path has read of a connection, and behind it the rest of the connection. Once the former is consumed it costs nothing but the call.</summary>
internal sealed class ReplayReader(PipeReader rest, byte[] replay) : PipeReader
{
    private byte[] _replay = replay;
    private int _consumed;
    private bool _isExamined;
    private bool _isCompleted;
    private bool _isCanceled;

    private bool IsReplaying => _consumed < _replay.Length;

    private ReadOnlySequence<byte> Left => new(_replay, _consumed, _replay.Length - _consumed);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!IsReplaying)
        {
            return rest.ReadAsync(cancellationToken);
        }

        return TryReplay(out var result) ? new(result) : ReadMoreAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!IsReplaying)
        {
            return rest.TryRead(out result);
        }

        if (TryReplay(out result))
        {
            return true;
        }

        if (!rest.TryRead(out var more))
        {
            return false;
        }

        result = Join(more);
        return true;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!IsReplaying)
        {
            rest.AdvanceTo(consumed, examined);
            return;
        }

        _consumed = consumed.GetInteger() & int.MaxValue;   // The highest bit of an array's end is a mark of its own.
        _isExamined = (examined.GetInteger() & int.MaxValue) == _replay.Length;
        if (_consumed == _replay.Length)
        {
            (_replay, _consumed) = ([], 0);
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        Volatile.Write(ref _isCanceled, true);
        rest.CancelPendingRead();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => rest.Complete(exception);

    private bool TryReplay(out ReadResult result)
    {
        var isCanceled = Volatile.Read(ref _isCanceled);
        if (_isExamined && !isCanceled && !_isCompleted)
        {
            result = default;
            return false;
        }

        _isCanceled = false;
        result = new ReadResult(Left, isCanceled, _isCompleted);
        return true;
    }

    private async ValueTask<ReadResult> ReadMoreAsync(CancellationToken cancellationToken) => Join(await rest.ReadAsync(cancellationToken));

    /// <summary>What was not enough by itself, and what came behind it, in one piece.</summary>
    private ReadResult Join(ReadResult more)
    {
        var joined = new byte[Left.Length + more.Buffer.Length];
        Left.CopyTo(joined);
        more.Buffer.CopyTo(joined.AsSpan((int)Left.Length));
        rest.AdvanceTo(more.Buffer.End);
        (_replay, _consumed, _isExamined, _isCanceled, _isCompleted) = (joined, 0, false, false, more.IsCompleted);
        return new ReadResult(Left, more.IsCanceled, more.IsCompleted);
    }
}
