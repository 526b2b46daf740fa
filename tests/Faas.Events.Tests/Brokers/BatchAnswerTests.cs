using System.Text;
using Faas.Events.Brokers;
using Faas.Storage;

namespace Faas.Events.Tests.Brokers;

public sealed class BatchAnswerTests
{
    private static readonly HashSet<string> Ids = ["a", "b", "c"];

    [Theory]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}""", "b,c")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}],"more":1}""", "b")]
    [InlineData("""{"batchItemFailures":[]}""", "")]
    [InlineData("""{"batchItemFailures":null}""", "")]
    [InlineData("""{"done":3}""", "")]
    [InlineData("""["batchItemFailures"]""", "")]
    [InlineData("null", "")]
    [InlineData("done", "")]
    [InlineData("", "")]
    public void An_answer_names_the_events_that_failed(string answer, string failed)
    {
        var read = BatchAnswer.Read(Answer(answer), Ids);
        Assert.Null(read.Problem);
        Assert.Equal(failed, string.Join(',', read.Failed.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"b"}]""", "not JSON")]
    [InlineData("""{"batchItemFailures":"b"}""", "no list")]
    [InlineData("""{"batchItemFailures":["b"]}""", "without an itemIdentifier")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":""}]}""", "without an itemIdentifier")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":null}]}""", "without an itemIdentifier")]
    [InlineData("""{"batchItemFailures":[{"item":"b"}]}""", "without an itemIdentifier")]
    [InlineData("""{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"z"}]}""", "'z'")]
    public void An_answer_that_makes_no_sense_means_that_all_failed(string answer, string problem)
    {
        var read = BatchAnswer.Read(Answer(answer), Ids);
        Assert.Contains(problem, read.Problem, StringComparison.Ordinal);
        Assert.Equal(Ids, read.Failed);
    }

    [Fact]
    public void Without_an_answer_all_succeeded() => Assert.Empty(BatchAnswer.Read(null, Ids).Failed);

    [Fact]
    public void An_answer_that_was_too_long_to_be_kept_means_that_all_failed()
    {
        var read = BatchAnswer.Read(new StoredAnswer(200, [], default, 7_000_000, null), Ids);
        Assert.Contains("ResultBytesMax", read.Problem, StringComparison.Ordinal);
        Assert.Equal(Ids, read.Failed);
    }

    private static StoredAnswer Answer(string text) => new(200, [], Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetByteCount(text), null);
}
