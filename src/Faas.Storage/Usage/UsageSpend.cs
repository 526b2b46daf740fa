namespace Faas.Storage;

/// <summary>What some usage records of one function and one day cost.</summary>
/// <param name="Function">The function's name.</param>
/// <param name="Day">The day (UTC) on which the invocations were received: days since 1970.</param>
/// <param name="CostPico">Their cost in pico-units (<see cref="PicoMoney"/>).</param>
public readonly record struct UsageSpend(string Function, int Day, long CostPico);
