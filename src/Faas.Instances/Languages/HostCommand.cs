using System.ComponentModel;
using System.Diagnostics;

namespace Faas.Instances.Languages;

/// <summary>Runs a program of the host to its end, for questions that only it can answer.</summary>
internal static class HostCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs it with a deadline of 20 s. A program that does not exist or hangs counts as failed.</summary>
    public static async Task<Outcome> RunAsync(string program, IEnumerable<string> arguments, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        Process? process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return new Outcome(false, "", e.Message);
        }

        using (process)
        using (var deadline = new CancellationTokenSource(Patience, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken))
        {
            try
            {
                process.StandardInput.Close();
                var output = process.StandardOutput.ReadToEndAsync(either.Token);
                var errors = process.StandardError.ReadToEndAsync(either.Token);
                await process.WaitForExitAsync(either.Token);
                return new Outcome(process.ExitCode == 0, await output, await errors);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return new Outcome(false, "", $"{program} did not answer within {Patience.TotalSeconds:0} s");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }

    /// <summary>How a program ended.</summary>
    internal readonly record struct Outcome(bool Succeeded, string Output, string Errors);
}
