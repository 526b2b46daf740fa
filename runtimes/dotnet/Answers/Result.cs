using System.Text;
using System.Text.Json;
using Faas.Functions;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>Sends what a handler returned, for an HTTP request by its type and for a raw event as JSON.</summary>
internal static class Result
{
    public static void Send(object? value, Invocation invocation, Answer answer)
    {
        if (invocation.Head.Kind == RequestKind.Event)
        {
            var json = EventResult.Json(value, invocation);
            answer.Head(200, json.Length, "application/json");
            answer.Body(json);
            return;
        }

        switch (value)
        {
            case Nothing:
            case null when !invocation.Function.ReturnsJson:
                answer.Head(204, 0, contentType: null);
                break;
            case string text:
                SendBytes(answer, Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");
                break;
            case byte[] bytes:
                SendBytes(answer, bytes, "application/octet-stream");
                break;
            case ReadOnlyMemory<byte> bytes:
                SendBytes(answer, bytes.Span, "application/octet-stream");
                break;
            case HttpResult result:
                SendHttp(result, invocation, answer);
                break;
            case Stream stream:
                StreamResult.Send(stream, answer, length => answer.Head(200, length, "application/octet-stream"));
                break;
            default:
                if (value is not null && Sequence.Of(value.GetType()) is { } sequence)
                {
                    answer.Head(200, -1, sequence.ContentType);
                    sequence.Send(value, answer, invocation.Token);
                    break;
                }

                SendBytes(answer, ResultJson.Write(value, invocation.Function.ResultType), "application/json");
                break;
        }
    }

    private static void SendBytes(Answer answer, ReadOnlySpan<byte> bytes, string contentType)
    {
        answer.Head(200, bytes.Length, contentType);
        answer.Body(bytes);
    }

    private static void SendHttp(HttpResult result, Invocation invocation, Answer answer)
    {
        switch (result.Body)
        {
            case null:
                answer.Head(result.Status, 0, result.Headers);
                break;
            case byte[] bytes:
                answer.Head(result.Status, bytes.Length, result.Headers);
                answer.Body(bytes);
                break;
            case Stream stream:
                StreamResult.Send(stream, answer, length => answer.Head(result.Status, length, result.Headers));
                break;
            default:
                answer.Head(result.Status, -1, result.Headers);
                Sequence.Of(result.Body.GetType())!.Send(result.Body, answer, invocation.Token);
                break;
        }
    }
}
