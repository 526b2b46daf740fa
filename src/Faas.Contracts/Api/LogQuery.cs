namespace Faas.Contracts.Api;

/// <summary>Which log lines of a function to read.</summary>
public sealed record LogQuery
{
    /// <summary>How many of the newest lines to begin with, among those that the rest asks for. Null: all when anything else is asked for, else 100.</summary>
    public int? Tail { get; init; }

    /// <summary>Only lines of this invocation; null for all.</summary>
    public string? InvocationId { get; init; }

    /// <summary>Only lines from then on: a duration before now (<c>10m</c>), or an ISO time, in UTC unless it has a zone. Null for all.</summary>
    public string? Since { get; init; }

    /// <summary>Only lines from before then, written like <see cref="Since"/>; null for all.</summary>
    public string? Until { get; init; }

    /// <summary>Only lines in which this regular expression is found; null for all.</summary>
    public string? Grep { get; init; }

    /// <summary>Only lines of this level and above; null for all.</summary>
    public LineLevel? Level { get; init; }

    /// <summary>Whether to go on with new lines as they come. Default false.</summary>
    public bool Follow { get; init; }

    /// <summary>The query part of the address, with its question mark; empty when nothing is asked for.</summary>
    internal string ToQueryString()
    {
        var parts = new List<string>();
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        Add("tail", Tail?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add("invocation", InvocationId);
        Add("since", Since);
        Add("until", Until);
        Add("grep", Grep);
        Add("level", Level?.ToString().ToLowerInvariant());
        Add("follow", Follow ? "true" : null);
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
