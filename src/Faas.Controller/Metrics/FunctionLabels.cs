using System.Globalization;

namespace Faas.Controller.Metrics;

/// <summary>
/// Which functions have series of their own. Who has them keeps them until it is deleted; who used most comes first where not all can. Used by one scrape at a time.
/// </summary>
/// <remarks>
/// When a function with a past joins the others or leaves them, the others' counters make a leap that nobody's invocations made, and <c>rate()</c> would show it. So they go on as
/// new series then, told apart by the label <c>since</c>: Prometheus begins anew with a series that it doesn't know, and the sum of all series is what the ledger says all the time.
/// </remarks>
internal sealed class FunctionLabels(int functionsMax, TimeProvider time)
{
    /// <summary>The label of all other functions. No function can be called so.</summary>
    public const string Other = "_other";

    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private HashSet<string> _others = new(StringComparer.Ordinal);
    private bool _hasChosen;

    /// <summary>Since when the others are the same ones, as far as they have ever been invoked.</summary>
    public string Since { get; private set; } = "";

    /// <summary>The functions with series of their own.</summary>
    public IReadOnlySet<string> Own => _own;

    /// <summary>What a function's series have as label.</summary>
    public string Of(string function) => _own.Contains(function) ? function : Other;

    /// <summary>What the series of <paramref name="label"/> have as <c>since</c>: none but the others'.</summary>
    public string? SinceOf(string label) => label == Other ? Since : null;

    /// <summary>Chooses anew, after deployments and deletions.</summary>
    /// <param name="deployed">What is deployed.</param>
    /// <param name="invocations">How often whatever was ever invoked has been.</param>
    public void Choose(IReadOnlyCollection<string> deployed, IReadOnlyDictionary<string, long> invocations)
    {
        var leapt = _own.RemoveWhere(function => !deployed.Contains(function)) > 0;
        if (_own.Count < functionsMax)
        {
            var free = functionsMax - _own.Count;
            foreach (var function in deployed.Where(name => !_own.Contains(name))
                .OrderByDescending(name => invocations.GetValueOrDefault(name)).ThenBy(name => name, StringComparer.Ordinal).Take(free))
            {
                _own.Add(function);
                leapt |= _others.Contains(function);
            }
        }

        _others = [.. invocations.Keys.Where(name => !_own.Contains(name))];
        if (leapt || !_hasChosen)
        {
            Since = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }

        _hasChosen = true;
    }
}
