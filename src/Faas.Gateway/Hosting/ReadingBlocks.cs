using System.Buffers;
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

    // A stack, so that the block that was used last is used next and is still in the core's cache: a queue would go through them all. One thread does nearly all of this, so the lock is free.
    private readonly Lock _lock = new();
    private readonly Stack<Block> _kept = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <summary>Blocks that are not in use.</summary>
    public int Kept
    {
        get
        {
            lock (_lock)
            {
                return _kept.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        lock (_lock)
        {
            if (_kept.TryPop(out var block))
            {
                block.IsRented = true;
                return block;
            }
        }

        return new Block(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Nothing but memory.
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            // Its one owner gives it back once; a second time would give it to two.
            if (block.IsRented && _kept.Count < KeptMax)
            {
                _kept.Push(block);
            }

            block.IsRented = false;
        }
    }

    private sealed class Block(ReadingBlocks blocks) : IMemoryOwner<byte>
    {
        public bool IsRented { get; set; } = true;

        // Pinned, because it lives long and is in the kernel's hands most of the time.
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => blocks.Return(this);
    }
}

/// <summary>Gives each of the server's listeners its pool.</summary>
internal sealed class ReadingBlocksFactory : IMemoryPoolFactory<byte>
{
    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ReadingBlocks();
}
