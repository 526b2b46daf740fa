using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Cli.Deployment;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Output;

/// <summary>The shapes that only the CLI prints.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(CamelCaseEnumConverter<NetworkKind>), typeof(CamelCaseEnumConverter<InvocationError>), typeof(CamelCaseEnumConverter<Blame>)])]
[JsonSerializable(typeof(IReadOnlyList<DeployOutcome>))]
[JsonSerializable(typeof(IReadOnlyList<DeployPlan>))]
[JsonSerializable(typeof(StartReport))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>What <c>faas up --output json</c> prints once everything is up.</summary>
internal sealed record StartReport(int Pid, string PublicUrl, string AdminUrl, PlatformDescription Platform, IReadOnlyList<FunctionSummary> Functions, IReadOnlyList<DeployOutcome> Deployed);

/// <summary>What <c>faas version --output json</c> prints.</summary>
internal sealed record VersionReport(string Version, string Runtime, string? Platform);
