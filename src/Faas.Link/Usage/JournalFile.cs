using System.Globalization;

namespace Faas.Link;

/// <summary>How a journal segment's file is called: the gateway writes it, and the controller reads it.</summary>
public static class JournalFile
{
    /// <summary>What all of them end with.</summary>
    public const string Extension = ".usage";

    /// <summary>The name, without a folder, of segment <paramref name="number"/> of the gateway's start <paramref name="boot"/>.</summary>
    public static string NameOf(string boot, long number) => string.Create(CultureInfo.InvariantCulture, $"{boot}-{number:D8}{Extension}");

    /// <summary>What <see cref="NameOf"/> made a name of. False when it is none of its names.</summary>
    public static bool TryParse(string name, out string boot, out long number)
    {
        boot = "";
        number = 0;
        if (!name.EndsWith(Extension, StringComparison.Ordinal))
        {
            return false;
        }

        var stem = name.AsSpan(0, name.Length - Extension.Length);
        var dash = stem.LastIndexOf('-');
        if (dash <= 0 || !long.TryParse(stem[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        boot = stem[..dash].ToString();
        return true;
    }
}
