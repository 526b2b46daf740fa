using System.Text;
using System.Text.RegularExpressions;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>Which lines somebody wants to see. What is not said asks for nothing.</summary>
internal sealed class LogFilter
{
    private readonly byte[]? _invocationBytes;

    /// <summary>Those written then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Those written before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Those of one invocation.</summary>
    public string? InvocationId
    {
        get;
        init
        {
            field = value;
            _invocationBytes = value is null || value.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) ? null : Encoding.UTF8.GetBytes(value);   // others may be stored escaped
        }
    }

    /// <summary>Those of this level and above. A line that says none counts as info, and as an error on stderr: stack traces are what people look for there.</summary>
    public LineLevel? Level { get; init; }

    /// <summary>Those in which this is found.</summary>
    public Regex? Grep { get; init; }

    /// <summary>Whether all lines are wanted.</summary>
    public bool IsEmpty => Since is null && Until is null && InvocationId is null && Level is null && Grep is null;

    /// <summary>Whether the stored line may be wanted; cheap, so that most others are never parsed.</summary>
    public bool MayMatch(ReadOnlySpan<byte> stored) => _invocationBytes is null || stored.IndexOf(_invocationBytes) >= 0;

    /// <summary>Whether the line is wanted.</summary>
    /// <exception cref="RegexMatchTimeoutException"><see cref="Grep"/> takes too long.</exception>
    public bool Matches(LogLine line) =>
        !(line.At < Since) && !(line.At >= Until)
        && (InvocationId is null || line.InvocationId == InvocationId)
        && (Level is null || LevelOf(line) >= Level)
        && (Grep is null || Grep.IsMatch(line.Text));

    private static LineLevel LevelOf(LogLine line) => line.Level ?? LineReading.LevelOf(line.Text) ?? (line.Stream == "stderr" ? LineLevel.Error : LineLevel.Info);
}
