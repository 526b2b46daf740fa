using System.Text.Json;
using Faas.Storage;

namespace Faas.Events.Brokers;

/// <summary>
/// What a function's answer says of the events of a batch: <c>{"batchItemFailures":[{"itemIdentifier":"{id}"}]}</c> names those that failed. This is AWS Lambda's convention, and so is what an
/// empty list or no such answer means, which is that all succeeded, and a list that makes no sense, which is that all failed
/// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
/// </summary>
/// <param name="Failed">The ids of the events that failed.</param>
/// <param name="Problem">Why the answer makes no sense; null when it does.</param>
internal sealed record BatchAnswer(IReadOnlySet<string> Failed, string? Problem)
{
    private static readonly HashSet<string> None = [];

    /// <summary>Reads an answer.</summary>
    /// <param name="answer">It, with its body where that was kept; null when there is none.</param>
    /// <param name="ids">The ids of the batch's events.</param>
    public static BatchAnswer Read(StoredAnswer? answer, IReadOnlySet<string> ids)
    {
        if (answer is null)
        {
            return new BatchAnswer(None, null);
        }

        if (!answer.IsWhole)
        {
            return new BatchAnswer(ids, $"the answer's {answer.Length} bytes were not kept, so that nobody knows which events of the batch failed; answer less, or raise Faas:Events:ResultBytesMax");
        }

        if (answer.Body.Span.IndexOf("\"batchItemFailures\""u8) < 0)
        {
            return new BatchAnswer(None, null);
        }

        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return Read(document.RootElement, ids);
        }
        catch (JsonException exception)
        {
            return new BatchAnswer(ids, $"the answer has batchItemFailures but is not JSON ({exception.Message}), so that the whole batch failed");
        }
    }

    private static BatchAnswer Read(JsonElement answer, IReadOnlySet<string> ids)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("batchItemFailures", out var failures) || failures.ValueKind == JsonValueKind.Null)
        {
            return new BatchAnswer(None, null);
        }

        if (failures.ValueKind != JsonValueKind.Array)
        {
            return new BatchAnswer(ids, "batchItemFailures of the answer is no list, so that the whole batch failed");
        }

        var failed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var failure in failures.EnumerateArray())
        {
            var id = failure.ValueKind == JsonValueKind.Object && failure.TryGetProperty("itemIdentifier", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : "";
            if (!ids.Contains(id))
            {
                return new BatchAnswer(ids, $"batchItemFailures of the answer has {(id.Length == 0 ? "an item without an itemIdentifier" : $"'{id}', which is not the id of an event of the batch")}, so that the whole batch failed");
            }

            failed.Add(id);
        }

        return new BatchAnswer(failed, null);
    }
}
