namespace Faas.Contracts.Functions;

/// <summary>The rule for function names: <c>label</c> or <c>label.namespace</c>, each a DNS label of 1 to 63 of a-z, 0-9 and inner hyphens.</summary>
public static class FunctionName
{
    /// <summary>Longest label, from RFC 1035.</summary>
    public const int LabelLengthMax = 63;

    /// <summary>Longest name: two labels and the dot between them.</summary>
    public const int LengthMax = (2 * LabelLengthMax) + 1;

    /// <summary>The namespace of a valid name: what is after its dot; empty for a name without one.</summary>
    public static string NamespaceOf(string name) => name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? name[(dot + 1)..] : "";

    /// <summary>Whether <paramref name="name"/> may name a function.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > LengthMax)
        {
            return false;
        }

        var dot = name.IndexOf('.');
        return dot < 0 ? IsLabel(name) : IsLabel(name[..dot]) && IsLabel(name[(dot + 1)..]);
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > LabelLengthMax || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
