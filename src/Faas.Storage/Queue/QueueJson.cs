using System.Text.Json.Serialization;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>How entries, attempts and answers' heads are stored, in both stores. Unknown members are ignored on reading.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(QueueEntry))]
[JsonSerializable(typeof(AttemptRecord))]
[JsonSerializable(typeof(AnswerHead))]
[JsonSerializable(typeof(UsageRecord))]
internal sealed partial class QueueJson : JsonSerializerContext;

/// <summary>A <see cref="StoredAnswer"/> without its body.</summary>
internal sealed record AnswerHead(int Status, IReadOnlyList<HeaderField> Headers, long Length, string? File);
