using Faas.Events.Kafka;

namespace Faas.Events.Tests.Kafka;

public sealed class OffsetTrackerTests
{
    private readonly OffsetTracker _offsets = new();

    [Fact]
    public void Nothing_is_known_before_the_first_message() => Assert.Null(_offsets.Position);

    [Fact]
    public void Messages_that_end_in_order_are_done_with_one_by_one()
    {
        var messages = Begin(5, 6, 7);
        Assert.Equal(5, _offsets.Position);
        _offsets.End(messages[0]);
        Assert.Equal(6, _offsets.Position);
        _offsets.End(messages[1]);
        _offsets.End(messages[2]);
        Assert.Equal(8, _offsets.Position);
    }

    [Fact]
    public void What_has_ended_behind_an_open_message_waits_for_it()
    {
        var messages = Begin(0, 1, 2, 3);
        _offsets.End(messages[3]);
        _offsets.End(messages[1]);
        Assert.Equal(0, _offsets.Position);
        _offsets.End(messages[0]);
        Assert.Equal(2, _offsets.Position);
        _offsets.End(messages[2]);
        Assert.Equal(4, _offsets.Position);
    }

    [Fact]
    public void Gaps_of_compaction_are_passed_over()
    {
        var messages = Begin(10, 20, 30);
        _offsets.End(messages[0]);
        Assert.Equal(20, _offsets.Position);
        _offsets.End(messages[2]);
        _offsets.End(messages[1]);
        Assert.Equal(31, _offsets.Position);
    }

    [Fact]
    public void Marks_of_transactions_at_the_end_count_once_the_messages_before_them_have_ended()
    {
        var messages = Begin(3);
        _offsets.Reach(9);
        Assert.Equal(3, _offsets.Position);
        _offsets.End(messages[0]);
        Assert.Equal(9, _offsets.Position);
    }

    [Fact]
    public void A_log_that_was_made_anew_begins_anew_and_messages_of_the_old_one_do_not_count()
    {
        var old = Begin(100, 101);
        var messages = Begin(0, 1);
        _offsets.End(old[0]);
        _offsets.End(old[1]);
        Assert.Equal(0, _offsets.Position);
        _offsets.End(messages[0]);
        Assert.Equal(1, _offsets.Position);
    }

    [Fact]
    public void In_whatever_order_messages_end_nothing_unfinished_is_passed()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var offsets = new OffsetTracker();
            var open = new List<TrackedMessage>();
            var next = (long)random.Next(100);
            for (var step = 0; step < 200; step++)
            {
                if (open.Count == 0 || random.Next(2) == 0)
                {
                    next += random.Next(1, 4);
                    open.Add(offsets.Begin(next));
                }
                else
                {
                    var ended = open[random.Next(open.Count)];
                    open.Remove(ended);
                    offsets.End(ended);
                }

                Assert.Equal(open.Count > 0 ? open.Min(message => message.Offset) : next + 1, offsets.Position);
            }
        }
    }

    private List<TrackedMessage> Begin(params int[] offsets) => [.. offsets.Select(offset => _offsets.Begin(offset))];
}
