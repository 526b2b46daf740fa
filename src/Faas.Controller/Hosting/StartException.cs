namespace Faas.Controller.Hosting;

/// <summary>The controller cannot start as configured. The message is one line that says what to change; the exit code is 78.</summary>
internal sealed class StartException(string message) : Exception(message)
{
    /// <summary>EX_CONFIG of sysexits.h: a supervisor does not restart what exits with it.</summary>
    public const int ExitCode = 78;

    /// <summary>EX_TEMPFAIL of sysexits.h: a server that the controller needs is not there now. What was running once is started again until it is.</summary>
    public const int NotYetExitCode = 75;
}
