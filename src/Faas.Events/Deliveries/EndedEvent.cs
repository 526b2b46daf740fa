using System.Globalization;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>The CloudEvent (1.0, structured mode) that tells a destination how an event ended.</summary>
internal static class EndedEvent
{
    /// <summary>Bodies longer than this are left out: a destination gets an event about the result, and can ask for the result by its id.</summary>
    private const int BodyMax = 256 * 1024;

    public static byte[] Write(Claim claim, AttemptResult result, RetryDecision decision, AnswerFiles files, DateTimeOffset now)
    {
        var entry = claim.Entry;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var isSuccess = decision.Next == InvocationState.Succeeded;
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", $"{entry.Id}.{claim.Attempt}");
            json.WriteString("source", $"/function/{entry.Function}");
            json.WriteString("type", isSuccess ? "faas.invocation.succeeded" : "faas.invocation.failed");
            json.WriteString("subject", entry.Id);
            json.WriteString("time", now.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("datacontenttype", "application/json");
            json.WriteStartObject("data");
            json.WriteString("invocationId", entry.Id);
            json.WriteString("function", entry.Function);
            json.WriteString("state", isSuccess ? "succeeded" : "deadLettered");
            json.WriteNumber("attempts", claim.Attempt);
            json.WriteString("acceptedAt", entry.AcceptedAt);
            if (decision.Reason is not null)
            {
                json.WriteString("reason", decision.Reason);
            }

            json.WriteStartObject("request");
            json.WriteString("method", entry.Request.Method);
            json.WriteString("path", entry.Request.Path);
            json.WriteString("query", entry.Request.Query);
            WriteBody(json, claim.Body, claim.Body.Length);
            json.WriteEndObject();
            if (result.Answer is { } answer)
            {
                json.WriteStartObject("response");
                json.WriteNumber("status", answer.Status);
                WriteBody(json, answer.Length <= BodyMax ? files.ReadBeginning(answer, BodyMax) : default, answer.Length);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>As JSON where it is JSON, as text where it is text, as base64 where it is neither.</summary>
    private static void WriteBody(Utf8JsonWriter json, ReadOnlyMemory<byte> body, long length)
    {
        if (length > BodyMax)
        {
            json.WriteNumber("omittedBytes", length);
        }
        else if (CloudEventText.IsJson(body.Span))
        {
            json.WritePropertyName("body");
            json.WriteRawValue(body.Span);
        }
        else if (System.Text.Unicode.Utf8.IsValid(body.Span))
        {
            json.WriteString("body", body.Span);
        }
        else
        {
            json.WriteBase64String("bodyBase64", body.Span);
        }
    }
}
