using System.Text;

namespace Faas.Controller.Build;

/// <summary>The rules for names in a bundle. Paths are relative, with <c>/</c> between and without <c>.</c> or <c>..</c>; the root is "".</summary>
internal static class EntryPath
{
    /// <summary>What a file system allows for one part of a path.</summary>
    private const int PartBytesMax = 255;

    /// <summary>The path that an entry's name stands for.</summary>
    /// <exception cref="BuildException">The name leads out of the bundle, or is none.</exception>
    public static string Parse(string name, int pathBytesMax)
    {
        if (name.StartsWith('/'))
        {
            throw Refuse(name, "has an absolute path");
        }

        if (Encoding.UTF8.GetByteCount(name) > pathBytesMax)
        {
            throw Refuse(name, $"has a path of more than {pathBytesMax:N0} bytes");
        }

        var parts = new List<string>();
        foreach (var part in name.Split('/'))
        {
            if (part == "..")
            {
                throw Refuse(name, "has '..' in its path");
            }

            if (part.Any(char.IsControl))
            {
                throw Refuse(name, "has a control character in its name");
            }

            if (Encoding.UTF8.GetByteCount(part) > PartBytesMax)
            {
                throw Refuse(name, $"has a name of more than {PartBytesMax} bytes");
            }

            if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>The path of the folder that holds <paramref name="path"/>; "" is the root.</summary>
    public static string ParentOf(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "";

    /// <summary>An error about the entry <paramref name="name"/>.</summary>
    public static BuildException Refuse(string name, string reason) => new(BuildErrors.InvalidBundle, $"Bundle entry '{Printable(name)}' {reason}.");

    /// <summary>A name from a stranger, fit for a message: short, and unable to command a terminal.</summary>
    public static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.Length <= 200 ? name : string.Concat(name.AsSpan(0, 197), "..."))
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.ToString();
    }
}
