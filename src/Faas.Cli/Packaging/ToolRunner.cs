using System.ComponentModel;
using System.Diagnostics;
using Faas.Cli.CommandLine;

namespace Faas.Cli.Packaging;

/// <summary>Runs pip, npm or dotnet. Its output is shown only when it fails: then it is what the user needs.</summary>
internal static class ToolRunner
{
    /// <summary>Enough for the error at the end of a long build.</summary>
    private const int LinesKept = 60;

    /// <summary>Runs it to its end. <paramref name="howToGet"/> is a sentence for a machine that does not have the tool.</summary>
    public static async Task RunAsync(string tool, IReadOnlyList<string> arguments, string folder, string howToGet, CancellationToken cancellationToken)
    {
        var tail = new OutputTail(LinesKept);
        using var process = new Process { StartInfo = StartInfo(tool, arguments, folder) };
        process.OutputDataReceived += (_, line) => tail.Add(line.Data);
        process.ErrorDataReceived += (_, line) => tail.Add(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            throw new CliException(ExitCode.Refused, $"'{tool}' is not installed here. {howToGet}");
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new CliException(ExitCode.Refused, $"`{tool} {arguments[0]}{(arguments.Count > 1 ? " " + arguments[1] : "")}` failed with exit code {process.ExitCode}:", tail.Lines);
        }
    }

    private static ProcessStartInfo StartInfo(string tool, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // `dotnet run` leaves variables of its own build in the environment; another build must not inherit them.
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }
}
