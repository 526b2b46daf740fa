using Faas.Runtimes.Tests;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.DotNet.Tests;

/// <summary>Bodies above 64 KiB, which are read and sent where they lie.</summary>
public sealed class LongBodyTests
{
    private const string Echo = "public static class Function { public static byte[] Handle(byte[] body) => body; }";

    [Theory]
    [InlineData(65_537)]
    [InlineData(FrameHeader.LongPieceMax)]
    [InlineData(1 << 20)]
    [InlineData(5_000_001)]
    public async Task A_long_body_comes_back_unchanged_whether_its_length_is_announced_or_not(int length)
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(Echo);
        await worker.SpecializeOkAsync("Function.Handle");
        using var data = await worker.OpenDataAsync();
        var body = Bytes(length);

        var unknown = await data.InvokeAsync(new() { Method = "POST", Body = body });
        var announced = await InvokeAnnouncedAsync(data, body);

        Assert.Equal(body, unknown.Body);
        Assert.Equal(body, announced.Body);
    }

    [Fact]
    public async Task A_body_in_frames_of_any_length_up_to_256_KiB_arrives_whole()
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(Echo);
        await worker.SpecializeOkAsync("Function.Handle");
        using var data = await worker.OpenDataAsync();
        var body = Bytes(600_000);

        var invocation = await data.BeginAsync(new() { Method = "POST", BodyFollows = true });
        var at = 0;
        foreach (var length in new[] { 1, FrameHeader.LongPieceMax, 16 * 1024 - FrameHeader.Length, 0, 100_000 })
        {
            await data.Frames.SendFrameAsync(FrameType.RequestBody, 1, body.AsMemory(at, length));
            at += length;
        }

        await data.Frames.SendFrameAsync(FrameType.RequestBody, 1, body.AsMemory(at, FrameHeader.LongPieceMax - 100_000));
        at += FrameHeader.LongPieceMax - 100_000;
        await data.Frames.SendFrameAsync(FrameType.RequestBody, 1, body.AsMemory(at), FrameMarks.EndOfBody);

        Assert.Equal(body, (await invocation.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task A_stream_parameter_reads_frames_of_256_KiB()
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(
            "public static class Function { public static async Task<byte[]> Handle(System.IO.Stream body) { var all = new System.IO.MemoryStream(); await body.CopyToAsync(all); return all.ToArray(); } }");
        await worker.SpecializeOkAsync("Function.Handle");
        using var data = await worker.OpenDataAsync();
        var body = Bytes(FrameHeader.LongPieceMax + 5);

        var invocation = await data.BeginAsync(new() { Method = "POST", BodyFollows = true });
        await data.Frames.SendFrameAsync(FrameType.RequestBody, 1, body.AsMemory(0, FrameHeader.LongPieceMax));
        await data.Frames.SendFrameAsync(FrameType.RequestBody, 1, body.AsMemory(FrameHeader.LongPieceMax), FrameMarks.EndOfBody);

        Assert.Equal(body, (await invocation.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task Each_invocation_has_an_array_of_its_own()
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(
            "public static class Function { static byte[] first; public static string Handle(byte[] body) { first ??= body; return $\"{first[0]} {body[0]} {body.Length}\"; } }");
        await worker.SpecializeOkAsync("Function.Handle");
        using var data = await worker.OpenDataAsync();

        await InvokeAnnouncedAsync(data, [.. Enumerable.Repeat((byte)1, 100_000)]);
        var second = await InvokeAnnouncedAsync(data, [.. Enumerable.Repeat((byte)2, 100_000)]);

        Assert.Equal("1 2 100000", second.Text);
    }

    [Fact]
    public async Task The_end_of_a_long_answer_leaves_with_its_last_piece()
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync("public static class Function { public static byte[] Handle() => new byte[1 << 20]; }");
        await worker.SpecializeOkAsync("Function.Handle");
        using var data = await worker.OpenDataAsync();

        await data.BeginAsync(new());
        Assert.Equal(FrameType.Response, (await data.Frames.ReadFrameAsync())!.Type);
        for (var left = 1 << 20; left > 0;)
        {
            var frame = (await data.Frames.ReadFrameAsync())!;
            Assert.Equal(FrameType.ResponseBody, frame.Type);
            Assert.InRange(frame.Payload.Length, 1, FrameHeader.LongPieceMax);
            left -= frame.Payload.Length;
        }

        Assert.True(data.Frames.Available > FrameHeader.Length, "the End was not there with the last piece");
    }

    private static async Task<InvocationAnswer> InvokeAnnouncedAsync(DataConnection data, byte[] body)
    {
        var sending = data.BeginAsync(new() { Method = "POST", Body = body });
        return await (await sending).ReadAnswerAsync();   // The worker answers when it has the whole body.
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
