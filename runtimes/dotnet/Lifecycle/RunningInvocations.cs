using Faas.Runtime.DotNet.Logging;

namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>Counts what runs, and ends the process when nothing runs any more and nothing may start.</summary>
internal sealed class RunningInvocations(Worker worker)
{
    /// <summary>Set in <see cref="_state"/> when nothing may start any more; the bits below count what runs.</summary>
    private const int DrainingBit = 1 << 30;

    private int _state;
    private int _hasExited;

    /// <summary>Whether nothing may start any more.</summary>
    public bool IsDraining => (Volatile.Read(ref _state) & DrainingBit) != 0;

    /// <summary>False when nothing may start any more.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Increment(ref _state) & DrainingBit) == 0)
        {
            return true;
        }

        Exit();
        return false;
    }

    /// <summary>So many are over: their answers have left, because the process may end with the last one.</summary>
    public void Exit(int count = 1)
    {
        if (Interlocked.Add(ref _state, -count) == DrainingBit)
        {
            End();
        }
    }

    /// <summary>Lets nothing start any more and ends the process with code 0: when the last invocation has ended, or when <paramref name="grace"/> is over.</summary>
    public void Drain(TimeSpan? grace)
    {
        if (worker.HttpFunction is { } program)
        {
            program.Stop(grace, ExitProcess);   // It knows what runs; the worker ends with it.
            return;
        }

        if (grace is { } time)
        {
            // Kept alive by the thread that runs it: the process does not outlive it.
            new Thread(() =>
            {
                using var never = new ManualResetEventSlim();
                never.Wait(time);
                End();
            })
            { IsBackground = true, Name = "faas grace" }.Start();
        }

        if (Interlocked.Or(ref _state, DrainingBit) == 0)
        {
            End();
        }
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _hasExited, 1) != 0)
        {
            return;
        }

        // On a thread of its own: this may be a signal's or a connection's, and the function's Dispose may take its time.
        new Thread(() =>
        {
            try
            {
                worker.Function?.Dispose();
            }
            catch (Exception exception)
            {
                Console.Error.WriteLine($"disposing the function failed: {exception}");
            }

            ExitProcess(0);
        })
        { Name = "faas exit" }.Start();
    }

    /// <summary>Ends the process after the lines that wait have been sent.</summary>
    public void ExitProcess(int code)
    {
        ConsoleCapture.FlushOutside();
        worker.Control.Flush();
        Environment.Exit(code);
    }
}
