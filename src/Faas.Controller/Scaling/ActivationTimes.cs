namespace Faas.Controller.Scaling;

/// <summary>How long a revision's activations take: from a stem some milliseconds, without one a hundred times that. Passive; the fleet's lock guards it.</summary>
internal sealed class ActivationTimes
{
    /// <summary>What one from a stem is taken to last before one was measured, in ms, rounded up.</summary>
    private const double FromStemAssumed = 10;

    /// <summary>What one without a stem is taken to last, in ms: 100 to 500 were measured, by runtime and driver.</summary>
    private const double WithoutStemAssumed = 300;

    private const double Weight = 0.2;

    private double _fromStem = FromStemAssumed;
    private double _withoutStem = WithoutStemAssumed;

    /// <summary>Moving average of all, in ms.</summary>
    public double Mean { get; private set; } = FromStemAssumed;

    /// <summary>Moving average of those that found a stem, or of those that did not, in ms.</summary>
    public double Expected(bool hasStem) => hasStem ? _fromStem : _withoutStem;

    /// <summary>Takes note of one.</summary>
    public void Add(ActivationTime time)
    {
        var took = time.Took.TotalMilliseconds;
        ref var average = ref time.IsFromStem ? ref _fromStem : ref _withoutStem;
        average += (took - average) * Weight;
        Mean += (took - Mean) * Weight;
    }
}

/// <summary>How long an activation took.</summary>
/// <param name="Took">From the decision to the ready instance.</param>
/// <param name="IsFromStem">Whether there was a ready stem.</param>
internal readonly record struct ActivationTime(TimeSpan Took, bool IsFromStem);
