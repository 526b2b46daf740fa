using System.Reflection;
using Faas.Functions;
using Faas.Runtime.DotNet.Answers;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>Turns an exception into the words of a Failure frame.</summary>
internal static class FunctionFailure
{
    /// <summary>Longest message in characters. Exceptions can carry whole documents; a frame cannot.</summary>
    private const int MessageMax = 16 * 1024;

    public static FailureMessage From(Exception exception)
    {
        var cause = Unwrap(exception);
        var kind = cause switch
        {
            BadEventException => "BadEvent",
            InvalidResultException or WorkerProtocolException => "InvalidResult",   // The latter: a header too long for the wire.
            _ => "Unhandled",
        };
        var shown = kind == "InvalidResult" && cause.InnerException is { } inner ? inner : cause;
        return new FailureMessage
        {
            Kind = kind,
            ErrorType = shown.GetType().FullName ?? shown.GetType().Name,
            Message = cause.Message.Length <= MessageMax ? cause.Message : string.Concat(cause.Message.AsSpan(0, MessageMax), "..."),
            Trace = FunctionTrace.Of(shown),
        };
    }

    /// <summary>What really went wrong: without the wrappings of reflection, of tasks with one failure and of type initializers.</summary>
    public static Exception Unwrap(Exception exception)
    {
        while (true)
        {
            switch (exception)
            {
                case TargetInvocationException or TypeInitializationException when exception.InnerException is { } inner:
                    exception = inner;
                    break;
                case AggregateException aggregate when aggregate.Flatten().InnerExceptions is { Count: > 0 } all:
                    if (all.Count > 1)
                    {
                        return new AggregateException(all);
                    }

                    exception = all[0];
                    break;
                default:
                    return exception;
            }
        }
    }
}
