using System.CommandLine;
using System.Globalization;

namespace Faas.Cli.CommandLine;

/// <summary>Limits of numeric options.</summary>
internal static class Bounded
{
    /// <summary>Refuses numbers outside of the limits. What is no number at all the parser refuses by itself.</summary>
    public static Option<T> Between<T>(this Option<T> option, int min, int max)
    {
        option.Validators.Add(result =>
        {
            // The token and not the value: asking for the value of what is no number throws.
            if (result.Tokens is [var token] && long.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && (number < min || number > max))
            {
                result.AddError($"{option.Name} must be {min} to {max}.");
            }
        });
        return option;
    }
}
