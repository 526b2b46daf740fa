namespace Faas.Gateway.Activation;

/// <summary>How an instance was made, for traces. Default when it is not known: of one that outlived its controller.</summary>
/// <param name="ReadyUnixUs">When it was ready: µs since 1970, by the controller's clock.</param>
/// <param name="StemWaitUs">Taking a stem or starting one, and putting the code into it, in µs.</param>
/// <param name="SpecializeUs">From Specialize to its answer, in µs.</param>
internal readonly record struct ActivationSpan(long ReadyUnixUs, long StemWaitUs, long SpecializeUs);
