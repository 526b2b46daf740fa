namespace Faas.Cli.CommandLine;

/// <summary>What the exit code of every verb means. <c>faas --help</c> prints this table.</summary>
internal enum ExitCode
{
    /// <summary>It worked.</summary>
    Ok = 0,

    /// <summary>The platform or the request failed.</summary>
    Error = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>There is no such function, file or invocation.</summary>
    NotFound = 3,

    /// <summary>A deployment was refused: by the manifest's rules, by the compiler, or because it did not start.</summary>
    Refused = 4,

    /// <summary>The function that was invoked failed.</summary>
    FunctionFailed = 5,

    /// <summary>Nothing answers at the platform's address.</summary>
    Unreachable = 6,

    /// <summary>Interrupted by Ctrl-C or a signal.</summary>
    Interrupted = 130,
}
