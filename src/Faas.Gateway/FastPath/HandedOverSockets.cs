using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Faas.Gateway.FastPath;

/// <summary>Connections that leave the fast path become Kestrel's, over .NET's own sockets.</summary>
internal static class HandedOverSockets
{
    /// <summary>Makes what makes connections of sockets.</summary>
    public static SocketConnectionContextFactory Create(IServiceProvider services)
    {
        var options = new SocketConnectionFactoryOptions
        {
            // Nothing in this process blocks, so continuations may run on the thread that waits for the network: a quarter less CPU (research/warm-path.md).
            // StallWatch tells when something blocks nevertheless.
            UnsafePreferInlineScheduling = true,
            // A system call less for each request (a tenth more requests/s), for a page of memory for each idle caller's connection.
            WaitForDataBeforeAllocatingBuffer = false,
        };
        SetPools(options, services.GetRequiredService<IMemoryPoolFactory<byte>>());
        return new SocketConnectionContextFactory(options, services.GetRequiredService<ILogger<SocketConnectionContextFactory>>());
    }

    /// <summary>The server's own transport takes the pools from the services; who makes connections by himself is not asked, although the setting is there (.NET 10).</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void SetPools(SocketConnectionFactoryOptions options, IMemoryPoolFactory<byte> pools);
}
