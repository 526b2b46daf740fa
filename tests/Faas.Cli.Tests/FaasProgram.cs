using System.Diagnostics;

namespace Faas.Cli.Tests;

/// <summary>Runs the real <c>faas</c> as a child process, as a shell would.</summary>
internal static class FaasProgram
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public sealed record Result(int ExitCode, string Out, string Error);

    public static string Executable => Path.Combine(AppContext.BaseDirectory, "faas");

    public static async Task<Result> RunAsync(string folder, IReadOnlyList<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(Executable, folder, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return new Result(process.ExitCode, await output, await error);
    }

    /// <summary>The same on a terminal (of util-linux's <c>script</c>, which every Linux has): all it writes, with its escape sequences.</summary>
    public static async Task<(int ExitCode, string Screen)> RunOnTerminalAsync(string folder, IReadOnlyList<string> arguments)
    {
        using var process = StartOnTerminal(folder, arguments);
        var screen = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (process.ExitCode, await screen);
    }

    /// <summary>The same, running: what is written to its standard input is typed on the terminal.</summary>
    public static Process StartOnTerminal(string folder, IReadOnlyList<string> arguments, int columns = 80, int rows = 24)
    {
        var command = string.Join(' ', arguments.Prepend(Executable).Select(argument => $"'{argument}'"));
        return Start("script", folder, ["-qefc", $"stty cols {columns} rows {rows}; exec {command}", "/dev/null"], new Dictionary<string, string> { ["TERM"] = "xterm-256color" });
    }

    public static Process Start(string executable, string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["HOME"] = folder;
        foreach (var name in (string[])["FAAS_DATA", "FAAS_ADMIN", "FAAS_KEY", "FAAS_DEBUG"])
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
