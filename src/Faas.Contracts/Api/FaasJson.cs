using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>
/// How the management API's DTOs are written: web defaults, enums as camelCase strings, nulls left out. Both sides use this one context, so
/// that they cannot disagree, and neither needs reflection.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(CamelCaseEnumConverter<NetworkKind>), typeof(CamelCaseEnumConverter<InvocationError>), typeof(CamelCaseEnumConverter<Blame>), typeof(CamelCaseEnumConverter<InvocationState>),
        typeof(CamelCaseEnumConverter<OverlapPolicy>), typeof(CamelCaseEnumConverter<CatchUpPolicy>), typeof(CamelCaseEnumConverter<TriggerState>),
        typeof(CamelCaseEnumConverter<StartAt>), typeof(CamelCaseEnumConverter<ListEnd>), typeof(CamelCaseEnumConverter<KafkaMechanism>), typeof(CamelCaseEnumConverter<WebhookScheme>),
        typeof(CamelCaseEnumConverter<WebhookHash>), typeof(CamelCaseEnumConverter<WebhookEncoding>), typeof(CamelCaseEnumConverter<LineLevel>),
        typeof(CamelCaseEnumConverter<BudgetPeriod>), typeof(CamelCaseEnumConverter<BudgetAction>), typeof(CamelCaseEnumConverter<BudgetState>)])]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(Bill))]
[JsonSerializable(typeof(BudgetDescription))]
[JsonSerializable(typeof(BudgetDescription[]))]
[JsonSerializable(typeof(IReadOnlyList<BudgetDescription>))]
[JsonSerializable(typeof(BudgetNotice))]
[JsonSerializable(typeof(BudgetSpec))]
[JsonSerializable(typeof(CloudComparison))]
[JsonSerializable(typeof(CostForecast))]
[JsonSerializable(typeof(IdleReport))]
[JsonSerializable(typeof(PriceDescription[]))]
[JsonSerializable(typeof(IReadOnlyList<PriceDescription>))]
[JsonSerializable(typeof(PriceTerms))]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(DeployPlan))]
[JsonSerializable(typeof(DeployResult))]
[JsonSerializable(typeof(FunctionDescription))]
[JsonSerializable(typeof(FunctionSpec))]
[JsonSerializable(typeof(FunctionSummary))]
[JsonSerializable(typeof(IReadOnlyList<FunctionSummary>))]
[JsonSerializable(typeof(FunctionSummary[]))]
[JsonSerializable(typeof(List<FunctionSummary>))]
[JsonSerializable(typeof(AcceptedInvocation))]
[JsonSerializable(typeof(EventCount))]
[JsonSerializable(typeof(InvocationDescription))]
[JsonSerializable(typeof(InvocationDescription[]))]
[JsonSerializable(typeof(IReadOnlyList<InvocationDescription>))]
[JsonSerializable(typeof(PublishResult))]
[JsonSerializable(typeof(QueueSummary[]))]
[JsonSerializable(typeof(IReadOnlyList<QueueSummary>))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(PlatformDescription))]
[JsonSerializable(typeof(PlatformEndpoints))]
[JsonSerializable(typeof(PlatformLoad))]
[JsonSerializable(typeof(SecretDescription[]))]
[JsonSerializable(typeof(IReadOnlyList<SecretDescription>))]
[JsonSerializable(typeof(TriggerDescription))]
[JsonSerializable(typeof(TriggerDescription[]))]
[JsonSerializable(typeof(IReadOnlyList<TriggerDescription>))]
[JsonSerializable(typeof(TriggerFiring))]
[JsonSerializable(typeof(TriggerSpec))]
[JsonSerializable(typeof(UsageRecord))]
[JsonSerializable(typeof(IReadOnlyList<UsageRecord>))]
[JsonSerializable(typeof(UsageRecord[]))]
[JsonSerializable(typeof(List<UsageRecord>))]
public sealed partial class FaasJson : JsonSerializerContext;
