namespace Faas.Controller.Scaling;

/// <summary>A function's part of the machine's memory.</summary>
/// <param name="HeldMiB">What its instances may use.</param>
/// <param name="InstanceMiB">What one of them may use.</param>
/// <param name="Instances">How many there are that could be taken from it.</param>
/// <param name="ServedAt">When it last got an instance.</param>
internal readonly record struct MemoryShare(long HeldMiB, int InstanceMiB, int Instances, DateTimeOffset ServedAt);

/// <summary>Decides who gives memory to whom when all of it is in use and nothing is idle. Pure: same arguments, same answer.</summary>
/// <remarks>Max-min fairness: the one who has most gives, as long as it still has at least as much as the one who gets. When nobody has more than one
/// instance they take turns.</remarks>
internal static class MemoryShares
{
    /// <summary>How long a function may keep its only instance while another one, with none, waits for memory.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    /// <summary>The index of the function that gives up an instance, or -1 when all must wait.</summary>
    /// <param name="asking">Who needs memory.</param>
    /// <param name="since">Since when.</param>
    /// <param name="others">Everybody else.</param>
    /// <param name="now">The time.</param>
    public static int WhoGives(MemoryShare asking, DateTimeOffset since, IReadOnlyList<MemoryShare> others, DateTimeOffset now)
    {
        var richest = -1;
        for (var i = 0; i < others.Count; i++)
        {
            var other = others[i];
            if (other.Instances > 0 && other.HeldMiB - other.InstanceMiB >= asking.HeldMiB + asking.InstanceMiB
                && (richest < 0 || other.HeldMiB > others[richest].HeldMiB))
            {
                richest = i;
            }
        }

        if (richest >= 0 || asking.HeldMiB > 0 || now - since < Turn)
        {
            return richest;
        }

        var longest = -1;
        for (var i = 0; i < others.Count; i++)
        {
            if (others[i].Instances > 0 && now - others[i].ServedAt >= Turn && (longest < 0 || others[i].ServedAt < others[longest].ServedAt))
            {
                longest = i;
            }
        }

        return longest;
    }
}
