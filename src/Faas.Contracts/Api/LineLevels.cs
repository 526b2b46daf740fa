namespace Faas.Contracts.Api;

/// <summary>Levels as log libraries write them.</summary>
public static class LineLevels
{
    /// <summary>The longest name that is one.</summary>
    private const int NameLengthMax = 16;

    /// <summary>Reads a name in any case: <c>warn</c>, <c>WARNING</c>, <c>Information</c>, <c>crit</c>. False when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out LineLevel level)
    {
        Span<char> lower = stackalloc char[NameLengthMax];
        level = default;
        if (name.Length is 0 or > NameLengthMax || name.ToLowerInvariant(lower) < 0)
        {
            return false;
        }

        LineLevel? found = lower[..name.Length] switch
        {
            "trace" or "trc" or "verbose" or "vrb" or "silly" or "finest" => LineLevel.Trace,
            "debug" or "dbg" or "dbug" or "fine" => LineLevel.Debug,
            "info" or "inf" or "information" or "notice" or "default" => LineLevel.Info,
            "warn" or "wrn" or "warning" => LineLevel.Warn,
            "error" or "err" or "eror" or "fail" or "severe" => LineLevel.Error,
            "fatal" or "ftl" or "crit" or "critical" or "alert" or "emergency" or "emerg" or "panic" => LineLevel.Fatal,
            _ => null,
        };
        level = found ?? default;
        return found is not null;
    }

    /// <summary>Reads a number as pino and bunyan write it: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; what is between counts as the one below.</summary>
    public static bool TryParse(double number, out LineLevel level)
    {
        var isOne = number is >= 10 and < 70;
        level = isOne ? (LineLevel)((int)number / 10 - 1) : default;
        return isOne;
    }
}
