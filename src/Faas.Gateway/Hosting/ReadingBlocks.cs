using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Faas.Gateway.Hosting;

/// <summary>
/// What the server reads from callers into. It asks for 4 KiB and reads as much as it gets; its own pool gives just that, which is 256 system calls for a MiB. These blocks are eight
/// times as large. That costs a caller who sends little nothing: of a block that was never filled the kernel has only the first page.
/// </summary>
internal sealed class ReadingBlocks : MemoryPool<byte>
{
    /// <summary>Length of a block.</summary>
    public const int BlockBytes = 32 * 1024;

    /// <summary>Blocks kept for later, 16 MiB in all; what comes back beyond that is left to the garbage collector.</summary>
    private const int KeptMax = 512;

    private readonly ConcurrentQueue<Block> _kept = new();
    private int _keptCount;   // Counted, because a concurrent queue's own count is not cheap.

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>Blocks that are not in use.</summary>
    public int Kept => Volatile.Read(ref _keptCount);

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_kept.TryDequeue(out var block))
        {
            return new Block(this);
        }

        Interlocked.Decrement(ref _keptCount);
        block.IsRented = true;
        return block;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Nothing but memory.
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _keptCount) <= KeptMax)
        {
            _kept.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _keptCount);
        }
    }

    private sealed class Block(ReadingBlocks blocks) : IMemoryOwner<byte>
    {
        public bool IsRented { get; set; } = true;

        // Pinned, because it lives long and is in the kernel's hands most of the time.
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose()
        {
            if (IsRented)   // Its one owner gives it back once; a second time would give it to two.
            {
                IsRented = false;
                blocks.Return(this);
            }
        }
    }
}

/// <summary>Gives each of the server's listeners its pool.</summary>
internal sealed class ReadingBlocksFactory : IMemoryPoolFactory<byte>
{
    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ReadingBlocks();
}
