namespace Faas.Simulation.Running;

/// <summary>How a quick function is called: often at once, so that its requests are sent ahead.</summary>
internal sealed class QuickLoad(Chance chance)
{
    /// <summary>Mean time between two times when its callers come.</summary>
    public double GapMs { get; } = chance.Pick<double>([300, 800, 2000]);

    /// <summary>How many quick runs for each that is slow; 0 for none.</summary>
    public int SlowOneIn { get; } = chance.Pick<int>([0, 20, 60, 200]);

    /// <summary>How many quick runs for each whose answer moves to a connection of its own; 0 for none.</summary>
    public int MovesOneIn { get; } = chance.Pick<int>([0, 0, 15, 60]);

    /// <summary>How many small requests for each that may not be sent ahead; 0 for none.</summary>
    public int LongOneIn { get; } = chance.Pick<int>([0, 0, 40]);
}
