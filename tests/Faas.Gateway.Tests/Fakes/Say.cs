using Faas.Contracts.Invocations;
using Faas.Link;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>Messages of a controller, with defaults.</summary>
internal static class Say
{
    public static ControllerMessage Route(string function = "hello", string revision = "r1", bool isHttp = false, TimeSpan? timeout = null, long bodyMax = 6 << 20, int line = 100, TimeSpan? wait = null) => new()
    {
        Route = new Faas.Link.Route
        {
            Function = function,
            Revision = revision,
            IsHttp = isHttp,
            TimeoutMs = (long)(timeout ?? TimeSpan.FromSeconds(30)).TotalMilliseconds,
            Concurrency = 1,
            MaxInstances = 10,
            MemoryMib = 128,
            BodyBytesMax = bodyMax,
            LineLengthMax = line,
            WaitMsMax = (long)(wait ?? TimeSpan.FromSeconds(60)).TotalMilliseconds,
        },
    };

    public static ControllerMessage RouteRemoved(string function = "hello") => new() { RouteRemoved = new RouteRemoved { Function = function } };

    public static ControllerMessage Ready(string instance, string socket, string revision = "r1", int slots = 1) =>
        new() { InstanceReady = new InstanceReady { Instance = instance, Revision = revision, Slots = slots, Socket = socket } };

    public static ControllerMessage Drain(string instance, bool onlyIfIdle) => new() { Drain = new Drain { Instance = instance, OnlyIfIdle = onlyIfIdle } };

    public static ControllerMessage Gone(string instance, InvocationError error = InvocationError.Crashed, string detail = "exit code 1") =>
        new() { InstanceGone = new InstanceGone { Instance = instance, Error = (int)error, Detail = detail } };

    public static ControllerMessage ActivationFailed(InvocationError error, string detail, string revision = "r1") =>
        new() { ActivationFailed = new ActivationFailed { Revision = revision, Error = (int)error, Detail = detail } };
}
