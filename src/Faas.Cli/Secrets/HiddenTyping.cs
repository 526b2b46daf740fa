using System.Runtime.InteropServices;

namespace Faas.Cli.Secrets;

/// <summary>
/// While this lives, the terminal shows nothing of what is typed. <see cref="Console.ReadKey(bool)"/> hides only what is typed while it waits: what comes before, or between two keys of a pasted text,
/// would be shown.
/// </summary>
internal sealed class HiddenTyping : IDisposable
{
    private const uint Echo = 0x8;   // of Linux, macOS and the BSDs alike

    private readonly byte[]? _shown;

    public HiddenTyping()
    {
        _shown = Native.TerminalSettings();
        if (_shown is not null)
        {
            var hidden = (byte[])_shown.Clone();
            MemoryMarshal.AsRef<uint>(hidden.AsSpan(LocalFlagsAt)) &= ~Echo;
            Native.SetTerminal(hidden);
        }
    }

    /// <summary>Where a <c>termios</c> has its local flags: behind three others, which are longer where a long is.</summary>
    private static int LocalFlagsAt => OperatingSystem.IsMacOS() ? 24 : 12;

    public void Dispose()
    {
        if (_shown is not null)
        {
            Native.SetTerminal(_shown);
        }
    }
}
