namespace Faas.Runtime.DotNet.Warmup;

/// <summary>Usual members.</summary>
public sealed class Everyday
{
    /// <summary>A number.</summary>
    public long Size { get; set; } = 1;

    /// <summary>A number.</summary>
    public double Ratio { get; set; } = 1.5;

    /// <summary>A flag.</summary>
    public bool Flag { get; set; }

    /// <summary>An id.</summary>
    public Guid Id { get; set; }

    /// <summary>A time.</summary>
    public DateTime Time { get; set; }

    /// <summary>Perhaps a number.</summary>
    public int? Perhaps { get; set; } = 1;

    /// <summary>Numbers.</summary>
    public List<int> Numbers { get; } = [1];

    /// <summary>Texts by name.</summary>
    public Dictionary<string, string> Texts { get; } = new() { ["a"] = "b" };

    /// <summary>Counts by name.</summary>
    public Dictionary<string, int> Counts { get; } = new() { ["a"] = 1 };

    /// <summary>Anything by name.</summary>
    public Dictionary<string, object> Anything { get; } = new() { ["a"] = 1 };
}
