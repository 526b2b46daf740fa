using System.CommandLine;
using System.CommandLine.Invocation;
using Faas.Cli.CommandLine;

var parsed = CommandTree.Create().Parse(args);
if (parsed.Action is ParseErrorAction)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine("error: " + Faas.Cli.Output.Text.FirstLine(error.Message));
    }

    Console.Error.WriteLine($"`{CommandTree.PathOf(parsed.CommandResult)} --help` shows how it is used.");
    return (int)ExitCode.Usage;
}

using var interruption = new Interruption();
try
{
    // Signals and exceptions are ours: the library's handling would kill `up` after two seconds and print stack traces.
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await parsed.InvokeAsync(configuration, interruption.Token);
}
catch (Exception e)
{
    return (int)Errors.Report(e, parsed);
}
