using System.Buffers;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Tests.Forwarding;

/// <summary>Bodies that have a data connection, and what bounds them.</summary>
public sealed class LongBodyTests
{
    private const int Mebi = 1 << 20;

    [Fact]
    public async Task A_long_answer_of_known_length_is_read_no_faster_than_its_caller_takes_it()
    {
        const int Pieces = 1024;
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var sent = 0;
        await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path != "/long")
            {
                await call.AnswerAsync();
                return;
            }

            var piece = new byte[FrameHeader.BodyPieceMax];
            call.WriteHead(200, (long)Pieces * piece.Length);
            for (var i = 0; i < Pieces; i++)
            {
                call.WriteBody(piece);
                await call.FlushAsync();
                Interlocked.Increment(ref sent);
            }

            call.WriteEnd();
            await call.FlushAsync();
        }, slots: 2);

        using var answer = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello/long"), TestContext.Current.CancellationToken);
        for (var i = 0; i < 200; i++)
        {
            await gateway.GetAsync();   // in which the gateway could have read all of it
        }

        Assert.InRange(Volatile.Read(ref sent), 1, Pieces / 2);   // what the sockets hold

        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Pieces * FrameHeader.BodyPieceMax, body.Length);
        Assert.Equal((InvocationError.None, (long)body.Length), gateway.Recorded().Where(usage => usage.BytesOut > 5).Select(usage => (usage.Outcome, usage.BytesOut)).Single());
    }

    [Fact]
    public async Task A_caller_that_leaves_within_a_long_answer_of_known_length_ends_it_and_frees_the_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        gateway.Controller.Acknowledges = false;
        await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path != "/long")
            {
                await call.AnswerAsync();
                return;
            }

            call.WriteHead(200, 100 * Mebi);
            call.WriteBody("begun");
            await call.FlushAsync();
            Assert.Equal(CancelReason.CallerGone, await call.Cancelled);
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });

        using (await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello/long"), TestContext.Current.CancellationToken))
        {
        }

        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        Assert.Equal([InvocationError.CallerGone, InvocationError.None], (await gateway.RecordedAsync(2)).Select(usage => usage.Outcome));
    }

    [Fact]
    public async Task A_long_answer_of_known_length_that_breaks_off_is_cut_off_for_its_caller_too()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, 200_000);
            call.WriteBody(new byte[70_000]);
            call.WriteFailure("Unhandled");
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });

        using var answer = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello"), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_has_come_of_a_body_of_known_length_reaches_the_function_before_the_rest()
    {
        const int Length = 400_000;
        const int First = 70_000;
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var received = 0;
        var isFirstHere = new TaskCompletionSource();
        await gateway.InstanceAsync(async call =>
        {
            await foreach (var piece in call.Body.ReadAllAsync())
            {
                Assert.InRange(piece.Length, 1, FrameHeader.LongPieceMax);
                received += piece.Length;
                if (received == First)
                {
                    isFirstHere.SetResult();
                }
            }

            await call.AnswerAsync();
        });
        await using var caller = await gateway.ConnectAsync();
        var cancellation = TestContext.Current.CancellationToken;
        await caller.WriteAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n"u8.ToArray(), cancellation);
        await caller.WriteAsync(new byte[First], cancellation);

        await isFirstHere.Task.WaitAsync(Patience.Limit, cancellation);
        await caller.WriteAsync(new byte[Length - First], cancellation);

        Assert.EndsWith("hello", await StreamingTests.ReadUntilAsync(caller, "hello"), StringComparison.Ordinal);
        Assert.Equal(Length, received);
    }

    [Fact]
    public async Task A_piece_in_many_blocks_is_sent_whole_to_a_worker_that_reads_slowly()
    {
        var piece = InBlocks(FrameHeader.PayloadLengthMax, 32 * 1024, out var bytes);
        using var pair = await PairAsync();
        var sending = pair.Connection.SendBodyAsync(piece, FrameMarks.EndOfBody, TestContext.Current.CancellationToken).AsTask();

        await using var worker = new NetworkStream(pair.Worker);
        var frame = new byte[FrameHeader.Length + bytes.Length];
        await worker.ReadExactlyAsync(frame, TestContext.Current.CancellationToken);
        await sending;

        Assert.True(FrameHeader.TryRead(frame, out var header));
        Assert.Equal(new FrameHeader(FrameType.RequestBody, FrameMarks.EndOfBody, 7, bytes.Length), header);
        Assert.Equal(bytes, frame.AsSpan(FrameHeader.Length).ToArray());
    }

    [Fact]
    public async Task Sending_a_piece_to_a_worker_that_does_not_read_can_be_cancelled()
    {
        using var pair = await PairAsync();
        using var stop = new CancellationTokenSource();
        var sending = pair.Connection.SendBodyAsync(InBlocks(5 * Mebi, 32 * 1024, out _), FrameMarks.None, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    /// <summary>A connection whose hello has been received.</summary>
    private static async Task<Pair> PairAsync()
    {
        var folder = Directory.CreateTempSubdirectory("fgt-");
        var path = Path.Combine(folder.FullName, "worker.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var connection = await WorkerConnection.ConnectAsync(path, new RunWatch(TimeProvider.System, CancellationToken.None));
        var worker = await listener.AcceptAsync();
        folder.Delete(recursive: true);
        connection.Output.Clear();
        connection.Stream = 7;
        return new Pair(connection, worker);
    }

    /// <summary>Cut as the server cuts, and beginning at the end of a block, where the first piece is empty.</summary>
    private static ReadOnlySequence<byte> InBlocks(int length, int block, out byte[] bytes)
    {
        bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        var first = new Segment(new byte[1], null);
        var last = first;
        for (var at = 0; at < length; at += block)
        {
            last = new Segment(bytes.AsMemory(at, Math.Min(block, length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 1, last, last.Memory.Length);
    }

    private sealed record Pair(WorkerConnection Connection, Socket Worker) : IDisposable
    {
        public void Dispose()
        {
            Connection.Dispose();
            Worker.Dispose();
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
