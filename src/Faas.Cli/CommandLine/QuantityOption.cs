using System.CommandLine;
using Faas.Cli.Manifest;

namespace Faas.Cli.CommandLine;

/// <summary>Options whose values are written as in a manifest: <c>500ms</c>, <c>8GiB</c>.</summary>
internal static class QuantityOption
{
    /// <summary>A duration; null when it is not given.</summary>
    public static Option<TimeSpan?> Duration(string name, string description, (TimeSpan Min, TimeSpan Max) limits, string expected) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        CustomParser = result =>
        {
            if (Quantities.TryParseDuration(result.Tokens[0].Value, out var duration) && duration >= limits.Min && duration <= limits.Max)
            {
                return duration;
            }

            result.AddError($"{name} must be {expected}.");
            return null;
        },
    };

    /// <summary>An amount of memory in MiB; null when it is not given.</summary>
    public static Option<int?> Memory(string name, string description, (int Min, int Max) limits, string expected) => new(name)
    {
        HelpName = "SIZE",
        Description = description,
        CustomParser = result =>
        {
            if (Quantities.TryParseMiB(result.Tokens[0].Value, out var mib) && mib >= limits.Min && mib <= limits.Max)
            {
                return mib;
            }

            result.AddError($"{name} must be {expected}.");
            return null;
        },
    };
}
