namespace Faas.Events;

/// <summary>Names of lanes: a function's invocations wait in one that is called like it, its deliveries in one of their own, so that a dead receiver holds up nobody's work.</summary>
internal static class LaneName
{
    private const string DeliveriesSuffix = "/deliveries";   // no function's name has a slash

    public static string OfDeliveries(string function) => function + DeliveriesSuffix;

    public static bool IsOfDeliveries(string lane) => lane.EndsWith(DeliveriesSuffix, StringComparison.Ordinal);

    public static string FunctionOf(string lane) => IsOfDeliveries(lane) ? lane[..^DeliveriesSuffix.Length] : lane;
}
