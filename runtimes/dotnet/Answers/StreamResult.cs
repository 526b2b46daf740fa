using System.Buffers;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>Sends a stream while it is read: each piece leaves before the next one is awaited.</summary>
internal static class StreamResult
{
    public static void Send(Stream stream, Answer answer, Action<long> head)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameHeader.BodyPieceMax);
        try
        {
            var remaining = stream.CanSeek ? stream.Length - stream.Position : -1;
            head(remaining);
            while (remaining != 0)
            {
                var read = Wait(stream.ReadAsync(buffer.AsMemory(0, FrameHeader.BodyPieceMax), CancellationToken.None));
                if (read == 0)
                {
                    CheckLength(remaining);
                    break;
                }

                CheckLength(remaining >= 0 && read > remaining ? remaining : 0);
                answer.Body(buffer.AsSpan(0, read));
                remaining = remaining < 0 ? remaining : remaining - read;
                if (remaining != 0)
                {
                    answer.Flush();   // The end of a stream of known length goes out together with the End frame.
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            Wait(stream.DisposeAsync());
        }
    }

    private static void CheckLength(long remaining)
    {
        if (remaining > 0)
        {
            throw new InvalidResultException("the returned stream did not have the length that it said");
        }
    }

    private static int Wait(ValueTask<int> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task)
    {
        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }
}
