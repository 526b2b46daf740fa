using System.Collections;
using System.Globalization;
using System.Text;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Logging;
using Microsoft.Win32.SafeHandles;

namespace Faas.Runtime.DotNet.Http;

/// <summary>The program of an http function: a child in a process group of its own, whose output becomes log lines.</summary>
internal sealed class ChildProgram
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    /// <summary>Grandchildren may hold the output open; the program's own last lines are there long before.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    private readonly int _pid;
    private readonly ProgramOutput _output;
    private readonly ProgramOutput _error;
    private readonly TaskCompletionSource<int> _whenEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LastLines _last;
    private readonly LogBuffer _logs;

    private ChildProgram(int pid, SafeFileHandle output, SafeFileHandle error, LogBuffer logs)
    {
        _pid = pid;
        _logs = logs;
        _last = new LastLines();
        _output = new ProgramOutput(output, new LineAssembler(logs, LogStream.Output, ""), _last);
        _error = new ProgramOutput(error, new LineAssembler(logs, LogStream.Error, ""), _last);
    }

    /// <summary>Set when it has ended and its output is in the log.</summary>
    public ManualResetEventSlim Ended { get; } = new();

    /// <summary>Its exit code; 128 + n when signal n ended it. Valid once <see cref="Ended"/>.</summary>
    public int ExitCode { get; private set; }

    /// <exception cref="FunctionLoadException">There is no such program, or it cannot be executed.</exception>
    public static ChildProgram Start(IReadOnlyList<string> command, string codeDirectory, int port, LogBuffer logs)
    {
        var path = ProgramPath.Find(command[0], codeDirectory);
        var (outputRead, outputWrite) = Spawn.Pipe();
        var (errorRead, errorWrite) = Spawn.Pipe();
        using (outputWrite)
        using (errorWrite)
        {
            var error = Spawn.Start(path, command, Variables(port), codeDirectory, outputWrite, errorWrite, out var pid);
            if (error != 0)
            {
                throw FunctionLoadException.Load($"'{command[0]}' cannot be started: {Spawn.Describe(error)}");
            }

            var program = new ChildProgram(pid, outputRead, errorRead, logs);
            program._output.Start();
            program._error.Start();
            new Thread(program.AwaitEnd) { IsBackground = true, Name = "faas program" }.Start();
            return program;
        }
    }

    /// <summary>Calls <paramref name="then"/> with the exit code, at once if it has ended already.</summary>
    public void WhenEnded(Action<int> then) =>
        _whenEnded.Task.ContinueWith(ended => then(ended.Result), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>SIGTERM now; SIGKILL to it and all its children when <paramref name="grace"/> is over.</summary>
    public void Stop(TimeSpan grace)
    {
        Spawn.Signal(_pid, SigTerm);
        new Thread(() =>
        {
            if (!Ended.Wait(grace))
            {
                // In the function's own log, because it lost what it was doing and its author should know why.
                _logs.Add(LogStream.Error, "", string.Create(
                    CultureInfo.InvariantCulture, $"the program did not end within {grace.TotalSeconds:0.###} s after SIGTERM and was killed"));
                Spawn.Signal(-_pid, SigKill);
            }
        })
        { IsBackground = true, Name = "faas grace" }.Start();
    }

    /// <summary>What it said last, for the message of a failed start.</summary>
    public string LastLines() => _last.ToString();

    private void AwaitEnd()
    {
        ExitCode = Spawn.AwaitExit(_pid);
        Spawn.Signal(-_pid, SigKill);   // Children that it left behind would hold the instance's memory and port.
        _output.Join(OutputPatience);
        _error.Join(OutputPatience);
        Ended.Set();
        _whenEnded.SetResult(ExitCode);
    }

    private static List<string> Variables(int port)
    {
        var variables = new List<string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        variables.RemoveAll(variable => variable.StartsWith("PORT=", StringComparison.Ordinal));
        variables.Add(string.Create(CultureInfo.InvariantCulture, $"PORT={port}"));
        return variables;
    }
}
