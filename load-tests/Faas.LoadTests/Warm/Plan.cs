namespace Faas.LoadTests.Warm;

/// <summary>How long and how often.</summary>
/// <param name="IsQuick">A first impression in minutes, which says little about the last ten per cent.</param>
/// <param name="Rounds">In each of which every contender is loaded once.</param>
/// <param name="WarmUp">Not counted: the runtime recompiles what is hot for some seconds, and the platform finds out how many instances are worth it.</param>
/// <param name="Duration">Of each of those loads; wrk knows whole seconds only.</param>
/// <param name="Instances">Instances of the measured function; null lets the platform decide, between 1 and 10.</param>
/// <param name="Runtime">Of the functions of `functions-1000`.</param>
internal sealed record Plan(bool IsQuick, int Rounds, TimeSpan WarmUp, TimeSpan Duration, int? Instances, string? Runtime)
{
    public static Plan Of(Arguments arguments)
    {
        var isQuick = arguments.Text("quick") == "yes";
        return new Plan(
            isQuick,
            arguments.Number("rounds", isQuick ? 3 : 5),
            TimeSpan.FromSeconds(arguments.Number("warm-up", isQuick ? 2 : 5)),
            TimeSpan.FromSeconds(arguments.Number("seconds", isQuick ? 1 : 4)),
            arguments.Text("instances") is null ? null : arguments.Number("instances"),
            arguments.Text("runtime"));
    }
}
