using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Budgets;
using Faas.Instances;
using Faas.Link;
using Faas.Storage;
using Route = Faas.Link.Route;

namespace Faas.Controller.Link;

/// <summary>Builds the messages of link.proto from the controller's own types.</summary>
internal static class LinkMessages
{
    public static ControllerMessage Route(RevisionRecord revision, GatewayLimits limits, BudgetHold? budget) => new()
    {
        Route = new Route
        {
            Function = revision.Function,
            Revision = revision.Id,
            IsHttp = revision.Spec.Runtime == Runtimes.Http,
            TimeoutMs = (long)revision.Spec.Timeout.TotalMilliseconds,
            Concurrency = revision.Spec.Concurrency,
            MaxInstances = revision.Spec.MaxInstances,
            MemoryMib = revision.Spec.MemoryMiB,
            BodyBytesMax = limits.BodyBytesMax,
            LineLengthMax = limits.LineLengthMax,
            WaitMsMax = (long)limits.WaitMax.TotalMilliseconds,
            Budget = budget?.ToMessage(),
        },
    };

    public static ControllerMessage RouteRemoved(string function) => new() { RouteRemoved = new RouteRemoved { Function = function } };

    public static ControllerMessage InstanceReady(InstanceHandle instance, int slots, bool isFrozen) => new()
    {
        InstanceReady = new InstanceReady
        {
            Instance = instance.Id,
            Revision = instance.Revision,
            Slots = slots,
            Socket = instance.Socket ?? "",
            Address = instance.Address ?? "",
            IsFrozen = isFrozen,
            ReadyUnixUs = instance.Phases == default ? 0 : (instance.StartedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            StemWaitUs = (long)(instance.Phases.StemWait + instance.Phases.Place).TotalMicroseconds,
            SpecializeUs = (long)instance.Phases.Specialize.TotalMicroseconds,
            CpuFolder = instance.Accounting?.Cpu ?? "",
            MemoryFolder = instance.Accounting?.Memory ?? "",
        },
    };

    public static ControllerMessage Drain(string instance, bool onlyIfIdle) => new() { Drain = new Drain { Instance = instance, OnlyIfIdle = onlyIfIdle } };

    public static ControllerMessage Freeze(string instance) => new() { Freeze = new Freeze { Instance = instance } };

    public static ControllerMessage Thawed(string instance) => new() { Thawed = new Thawed { Instance = instance } };

    public static ControllerMessage ActivationHeld(string revision, string detail) =>
        new() { ActivationHeld = new ActivationHeld { Revision = revision, Detail = detail } };

    public static ControllerMessage InstanceGone(string instance, InvocationError error, string detail) => new()
    {
        InstanceGone = new InstanceGone { Instance = instance, Error = (int)error, Detail = detail },
    };

    public static ControllerMessage ActivationFailed(string revision, InvocationError error, string detail) => new()
    {
        ActivationFailed = new ActivationFailed { Revision = revision, Error = (int)error, Detail = detail },
    };

    public static ControllerMessage Prices(IEnumerable<Metering.Prices> prices)
    {
        var message = new Prices();
        message.Versions.AddRange(prices.Select(one => new PriceVersion { SinceUs = one.SinceUs, Terms = JsonSerializer.Serialize(one.Terms, FaasJson.Default.PriceTerms) }));
        return new ControllerMessage { Prices = message };
    }

    public static ControllerMessage UsageAck(string boot, long segment, long to) => new() { UsageAck = new UsageAck { Boot = boot, Segment = segment, To = to } };
}
