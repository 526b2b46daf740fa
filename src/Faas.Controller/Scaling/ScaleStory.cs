using System.Globalization;

namespace Faas.Controller.Scaling;

/// <summary>Tells users what the scaler did and why, in words and with the numbers that it was decided by.</summary>
internal static class ScaleStory
{
    /// <summary>Notes a decision about a waiting line.</summary>
    public static void Note(RevisionPool pool, in ScaleQuestion question, ScaleAnswer answer, DateTimeOffset now)
    {
        if (answer.Reason is ScaleReason.NobodyWaits)
        {
            return;
        }

        // Holding back is one decision however long it lasts and whatever it is for at the moment; growing is one each time.
        var isHeld = answer.Thaw + answer.Start == 0;
        pool.Decisions.Note(now, isHeld ? "held" : $"grew {now.Ticks}", Action(answer), (question, answer), static told => Reason(told.question, told.answer));
    }

    /// <summary>What was done, in a few words.</summary>
    public static string Action(ScaleAnswer answer) => (answer.Thaw, answer.Start) switch
    {
        (0, 0) => "held",
        (0, var start) => $"started {start}",
        (var thaw, 0) => $"thawed {thaw}",
        var (thaw, start) => $"thawed {thaw}, started {start}",
    };

    /// <summary>Why, in a sentence.</summary>
    public static string Reason(ScaleQuestion question, ScaleAnswer answer)
    {
        var load = question.Load;
        var pool = question.Pool;
        var waiting = load.Queued > 0 ? string.Create(CultureInfo.InvariantCulture, $"{load.Waiting} waiting, {load.Queued:N0} events behind them") : $"{load.Waiting} waiting";
        var work = load.RunMs > 0 ? $", {Ms(load.RunMs)} each on {pool.Serving}" : "";
        return answer.Reason switch
        {
            ScaleReason.Covered => $"{waiting}, and {pool.Coming} coming have slots for them",
            ScaleReason.ClearsByItself when load.Queued > 0 => $"{waiting}{work}: run in {Ms(ClearMs(question))}, soon enough for events",
            ScaleReason.ClearsByItself => $"{waiting}{work}: clear in {Ms(ClearMs(question))}, before one more could be there ({Ms(question.ActivationMs)})",
            ScaleReason.EnoughForTheRate =>
                string.Create(CultureInfo.InvariantCulture, $"{waiting}{work}; {question.ArrivalsPerSecond:0}/s of {Ms(question.CleanRunMs)} need no more than {ScaleDecision.Needed(question)}"),
            ScaleReason.AtMaximum => $"{waiting}, but maxInstances is {question.MaxInstances}",
            ScaleReason.CoresBusy => $"{waiting}{work}, but {Share(question.Machine.IdleShare ?? question.Machine.IdleLately)} of the {question.Machine.Cores} cores' time is idle: one more would only take theirs",
            ScaleReason.AwaitsMeasurement => $"{waiting}{work}; whether the cores can carry more is being measured",
            ScaleReason.FromZero => $"{waiting}, and nothing ran",
            ScaleReason.LineIsLong => load.RunMs > 0
                ? $"{waiting}{work}: {Ms(ClearMs(question))} to clear, and one more takes {Ms(question.ActivationMs)} to come"
                : $"{waiting} for invocations that have not ended yet",
            _ => waiting,
        };
    }

    private static double ClearMs(in ScaleQuestion question) =>
        ((double)question.Load.Waiting + question.Load.Queued) * question.Load.RunMs / (Math.Max(1, question.Pool.Serving) * Math.Max(1, question.Concurrency));

    private static string Ms(double milliseconds) => milliseconds < 10
        ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms");

    private static string Share(double? share) => string.Create(CultureInfo.InvariantCulture, $"{(share ?? 0) * 100:0} %");
}
