using Faas.Gateway.Routing;

namespace Faas.Gateway.Tests.Routing;

public sealed class AnswerHabitTests
{
    private readonly AnswerHabit _habit = new();

    [Fact]
    public void One_long_answer_is_no_habit_and_four_in_a_row_are()
    {
        _habit.NoteLong();
        Assert.False(_habit.AreLong);
        for (var i = 0; i < 3; i++)
        {
            _habit.NoteLong();
        }

        Assert.True(_habit.AreLong);
    }

    [Fact]
    public void However_long_it_lasted_a_few_small_answers_end_it()
    {
        for (var i = 0; i < 1000; i++)
        {
            _habit.NoteLong();
        }

        for (var i = 0; i < 5; i++)
        {
            _habit.NoteSmall();
        }

        Assert.False(_habit.AreLong);
    }

    [Fact]
    public void Where_small_and_long_ones_alternate_they_go_together()
    {
        for (var i = 0; i < 100; i++)
        {
            _habit.NoteLong();
            _habit.NoteSmall();
        }

        Assert.False(_habit.AreLong);
    }
}
