namespace Faas.Contracts.Api;

/// <summary>How much a log line matters, least first.</summary>
public enum LineLevel
{
    /// <summary>Every step.</summary>
    Trace,

    /// <summary>For whoever looks for a fault.</summary>
    Debug,

    /// <summary>What happened. What a line counts as that says nothing else, unless it went to stderr.</summary>
    Info,

    /// <summary>It went on, but somebody should look.</summary>
    Warn,

    /// <summary>Something failed.</summary>
    Error,

    /// <summary>The program could not go on.</summary>
    Fatal,
}
