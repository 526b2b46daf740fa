using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>What a worker's Failure frame means for the caller.</summary>
internal static class WorkerFailure
{
    /// <summary>Reads the frame's payload and fails the invocation with it.</summary>
    /// <exception cref="WorkerProtocolException">It says nothing.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static void Apply(ReadOnlySpan<byte> payload, LiveInvocation invocation)
    {
        var failure = JsonSerializer.Deserialize(payload, WorkerJson.Default.FailureMessage)
            ?? throw new WorkerProtocolException("it sent a Failure without content");
        var error = failure.Kind switch
        {
            "BadEvent" => InvocationError.BadRequest,
            "TooLarge" => InvocationError.TooLarge,
            _ => InvocationError.Crashed,
        };
        invocation.Fail(error, failure.ErrorType.Length > 0 ? $"{failure.ErrorType}: {failure.Message}" : failure.Message, failure);
    }
}
