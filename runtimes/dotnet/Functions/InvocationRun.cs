using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Connections;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>Runs one invocation's handler and writes its answer, all but the end.</summary>
internal static class InvocationRun
{
    /// <summary>The kind of failures that are the function's own and belong into its log; of others the answer tells all.</summary>
    private const string Unhandled = "Unhandled";

    /// <summary>What the thread that runs handlers had before the first of them.</summary>
    private static readonly ExecutionContext? Clean = ExecutionContext.Capture();

    /// <summary>How it ended; a failure is written.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection that the answer went over.</exception>
    public static EndOutcome Run(HandlerFunction function, Invocation invocation, InvocationLog log, Answer answer)
    {
        try
        {
            InvocationLog.Current = log;
            using var activity = InvocationActivity.Start(invocation);
            Result.Send(Call(function, invocation, answer), invocation, answer);
            return EndOutcome.Completed;
        }
        catch (PeerGoneException)
        {
            invocation.Cancel();   // What the function started and did not await should stop, too.
            throw;
        }
        catch (Exception exception)
        {
            var failure = FunctionFailure.From(exception);
            if (failure.Kind == Unhandled)
            {
                log.Of(LogStream.Error).Append($"{failure.ErrorType}: {failure.Message}{string.Concat((failure.Trace ?? []).Select(line => "\n    " + line))}\n");
            }

            answer.Fail(failure);
            return EndOutcome.Failed;
        }
        finally
        {
            // A synchronous handler ran right on this thread: whatever it put into async-locals or the culture ends with it.
            ExecutionContext.Restore(Clean!);
            log.End();
        }
    }

    private static object? Call(HandlerFunction function, Invocation invocation, Answer answer)
    {
        answer.LayOut();
        try
        {
            return function.Invoke(invocation);
        }
        finally
        {
            answer.TakeBack();
        }
    }
}
