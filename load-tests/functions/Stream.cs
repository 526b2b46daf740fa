using System;
using System.Collections.Generic;
using System.Threading.Tasks;

public static class Chunks
{
    private static readonly byte[] Chunk = Filled();

    // Sixteen kilobytes, each of which leaves at once.
    public static async IAsyncEnumerable<byte[]> Handle()
    {
        await Task.CompletedTask;
        for (var i = 0; i < 16; i++)
        {
            yield return Chunk;
        }
    }

    private static byte[] Filled()
    {
        var chunk = new byte[1024];
        Array.Fill(chunk, (byte)'x');
        return chunk;
    }
}
