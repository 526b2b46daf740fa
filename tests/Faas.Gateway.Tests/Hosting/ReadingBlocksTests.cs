using System.Buffers;
using Faas.Gateway.Hosting;
using Faas.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Faas.Gateway.Tests.Hosting;

public sealed class ReadingBlocksTests
{
    [Fact]
    public void A_block_is_as_large_as_can_be_asked_for_and_used_again()
    {
        using var blocks = new ReadingBlocks();
        var first = blocks.Rent(4096);
        Assert.Equal(blocks.MaxBufferSize, first.Memory.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => blocks.Rent(blocks.MaxBufferSize + 1));
        first.Dispose();
        Assert.Same(first, blocks.Rent());
    }

    [Fact]
    public void A_block_that_is_given_back_twice_has_one_owner_afterwards()
    {
        using var blocks = new ReadingBlocks();
        var block = blocks.Rent();
        block.Dispose();
        block.Dispose();
        Assert.NotSame(blocks.Rent(), blocks.Rent());
    }

    [Fact]
    public void No_more_blocks_than_16_MiB_are_kept()
    {
        using var blocks = new ReadingBlocks();
        IMemoryOwner<byte>[] rented = [.. Enumerable.Range(0, 600).Select(_ => blocks.Rent())];
        Array.ForEach(rented, block => block.Dispose());
        Assert.Equal(512, blocks.Kept);
    }

    [Fact]
    public async Task Connections_that_become_Kestrels_read_into_these_blocks()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await using var caller = await gateway.ConnectAsync();
        await using var connection = gateway.Service<SocketConnectionContextFactory>().Create(caller.Socket);
        Assert.IsType<ReadingBlocks>(connection.Features.Get<IMemoryPoolFeature>()!.MemoryPool);
    }
}
