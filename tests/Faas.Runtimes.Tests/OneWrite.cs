using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Whether a worker sends answers that are ready together in one write.</summary>
internal static class OneWrite
{
    /// <summary>Not each time: an answer does not wait for others for long, and on a busy machine the worker may be interrupted between two.</summary>
    public static async Task AssertAsync(SharedConnection shared, int answers, Func<Task> beginAsync)
    {
        const int Rounds = 10;
        var inOneWrite = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await beginAsync();
            inOneWrite += await IsOneWriteAsync(shared.Frames, answers) ? 1 : 0;
        }

        Assert.InRange(inOneWrite, Rounds / 2, Rounds);
    }

    private static async Task<bool> IsOneWriteAsync(FrameConnection frames, int answers)
    {
        Assert.Equal(FrameType.Response, (await frames.ReadFrameAsync())!.Type);
        var available = frames.Available;   // what did not arrive with the first frame was another write
        var read = 0;
        for (var ended = 0; ended < answers;)
        {
            var frame = (await frames.ReadFrameAsync())!;
            read += FrameHeader.Length + frame.Payload.Length;
            ended += frame.Type == FrameType.End ? 1 : 0;
        }

        return read == available;
    }
}
