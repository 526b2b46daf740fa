using System.Buffers.Binary;
using Faas.Contracts.Invocations;
using Faas.Controller.Events;
using Faas.Controller.Metering;
using Faas.Events;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Tests.Events;

public sealed class AnswerBodyTests : IDisposable
{
    private const long LengthMax = 200_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("faas-answers-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1000, 7)]
    [InlineData(1107, 16 * 1024)]
    [InlineData(1108, 16 * 1024)]
    [InlineData(5000, 1109)]
    [InlineData(64 * 1024, 10_000)]
    [InlineData((64 * 1024) + 1, 10_000)]
    [InlineData(200_000, 16 * 1024)]
    public async Task A_body_is_kept_byte_for_byte_however_it_comes_and_the_usage_behind_it_is_cut_off(int length, int pieces)
    {
        var body = Bytes(length);
        var files = new AnswerFiles(_folder, TimeProvider.System);
        await using var answer = new AnswerBody(files, new ClaimKey("a", 1), LengthMax);
        var usage = await answer.ReadAsync(new Pieces([.. body, .. Tail()], pieces), hasUsage: true, Ct);

        Assert.True(UsageFrame.TryRead(usage.Span, out _));
        Assert.Equal(length, answer.Length);
        var stored = new StoredAnswer(200, [], answer.Memory.ToArray(), answer.Length, answer.Keep());
        Assert.Equal(length > AnswerFiles.InStoreMax, stored.File is not null);
        Assert.Equal(body, (await files.ReadAsync(stored, Ct))!.Body.ToArray());
    }

    [Fact]
    public async Task A_body_without_usage_is_all_body()
    {
        var body = Bytes(3000);
        await using var answer = new AnswerBody(new AnswerFiles(_folder, TimeProvider.System), new ClaimKey("a", 1), LengthMax);
        Assert.True((await answer.ReadAsync(new Pieces(body, 100), hasUsage: false, Ct)).IsEmpty);
        Assert.Equal(body, answer.Memory.ToArray());
    }

    [Fact]
    public async Task Of_a_body_that_is_too_long_only_its_length_is_kept_and_no_file_stays()
    {
        await using (var answer = new AnswerBody(new AnswerFiles(_folder, TimeProvider.System), new ClaimKey("a", 1), LengthMax))
        {
            var usage = await answer.ReadAsync(new Pieces([.. Bytes(200_001), .. Tail()], 5000), hasUsage: true, Ct);
            Assert.True(UsageFrame.TryRead(usage.Span, out _));
            var stored = new StoredAnswer(200, [], answer.Memory.ToArray(), answer.Length, answer.Keep());
            Assert.Equal((200_001L, false, null), (stored.Length, stored.IsWhole, stored.File));
        }

        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_its_usage_has_none()
    {
        await using var answer = new AnswerBody(new AnswerFiles(_folder, TimeProvider.System), new ClaimKey("a", 1), LengthMax);
        var tail = Tail();
        Assert.True((await answer.ReadAsync(new Pieces([.. Bytes(50), .. tail[..^4]], 10), hasUsage: true, Ct)) is var usage && !UsageFrame.TryRead(usage.Span, out _));
    }

    [Fact]
    public void An_attempt_costs_what_any_other_invocation_of_its_length_does()
    {
        var prices = Metering.PriceBooks.Default();
        var record = new AttemptPricing(prices).Price(Record());
        Assert.NotNull(record);
        Assert.Equal(("the-id", "hello", "hello-1", "i1", 2L, prices.Current.CostOf(2, 256)), (record.InvocationId, record.Function, record.Revision, record.Instance, record.BilledMs, record.Cost));
        Assert.Equal(2 / 1000.0 * 256 / 1024, record.GiBSeconds, 12);
        Assert.Null(new AttemptPricing(prices).Price(Record().AsSpan(0, 20)));
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Record()
    {
        var bytes = new byte[UsageCodec.RecordLengthMax];
        var length = UsageCodec.Encode(
            new UsageEntry
            {
                InvocationId = "the-id", Function = "hello", Revision = "hello-1", Instance = "i1", ReceivedUnixUs = 1, QueuedUs = 2, ColdUs = 3, RunUs = 1500,
                MemoryMiB = 256, BytesIn = 4, BytesOut = 5, Status = 200, Outcome = InvocationError.None,
            },
            bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes[..length];
    }

    private static byte[] Tail()
    {
        var record = Record();
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        return [.. record, .. length];
    }

    /// <summary>A stream that gives its bytes a few at a time.</summary>
    private sealed class Pieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
