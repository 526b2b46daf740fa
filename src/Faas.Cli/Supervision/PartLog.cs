using Faas.Cli.Packaging;

namespace Faas.Cli.Supervision;

/// <summary>
/// What a part writes: all of it goes to <c>{data}/logs/{part}.log</c>, warnings and errors also to the terminal, the last lines are kept for the
/// message when it fails.
/// </summary>
internal sealed class PartLog : IDisposable
{
    /// <summary>At this size the file becomes <c>.log.1</c>, so a part's log takes at most twice as much.</summary>
    private const long BytesMax = 10 * 1024 * 1024;

    private readonly string _path;
    private readonly string _name;
    private readonly Action<string> _show;
    private readonly OutputTail _tail = new(20);
    private readonly Lock _lock = new();
    private StreamWriter? _file;
    private bool _shows;

    /// <param name="folder">Where the file goes; created when it is missing.</param>
    /// <param name="name">The part's name.</param>
    /// <param name="show">Prints a line on the terminal.</param>
    public PartLog(string folder, string name, Action<string> show)
    {
        Directory.CreateDirectory(folder);
        _path = Path.Combine(folder, name + ".log");
        _name = name;
        _show = show;
    }

    public IReadOnlyList<string> LastLines => _tail.Lines;

    public string FilePath => _path;

    public void Add(string line)
    {
        _tail.Add(line);
        lock (_lock)
        {
            Open().WriteLine(line);
            _shows = IsWarning(line) || (_shows && line.Length > 0 && char.IsWhiteSpace(line[0]));   // continuation lines are indented
            if (_shows)
            {
                _show($"[{_name}] {line}");
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    /// <summary>Console loggers begin such lines with their level, systemd's format with a syslog priority; anything else is only for the file.</summary>
    private static bool IsWarning(string line)
    {
        // The parts begin their lines with the time of day, 12 characters and a space.
        var text = line.Length > 13 && char.IsAsciiDigit(line[0]) && line[2] == ':' && line[12] == ' ' ? line.AsSpan(13) : line;
        return text.StartsWith("warn", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("fail", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("crit", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("error", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("Unhandled exception", StringComparison.Ordinal)
            || (text.Length > 2 && text[0] == '<' && text[2] == '>' && text[1] is >= '0' and <= '4');
    }

    private StreamWriter Open()
    {
        if (_file is { BaseStream.Length: > BytesMax })
        {
            _file.Dispose();
            _file = null;
            File.Move(_path, _path + ".1", overwrite: true);
        }

        return _file ??= new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
    }
}
