using System.Globalization;

namespace Faas.Events.Webhooks;

/// <summary>Why a request counts as not signed. Says what is missing, never what would be right.</summary>
/// <param name="Status">HTTP status: 401, or 400 for a time that is out of the tolerance.</param>
/// <param name="Detail">A sentence for the sender, and for the trigger's user.</param>
internal sealed record SignatureFault(int Status, string Detail)
{
    public static SignatureFault Missing(string header) => new(401, $"the header {header} is missing; this webhook takes only requests that are signed with its secret");

    public static SignatureFault Malformed(string header, string form) => new(401, $"the header {header} must be {form}");

    public static SignatureFault Wrong(string header) => new(401, $"the signature in {header} is not that of this body with this webhook's secret");

    /// <summary>The fault of a signed time; null when it is within the tolerance.</summary>
    public static SignatureFault? OfTime(long unixSeconds, TimeSpan tolerance, DateTimeOffset now)
    {
        var away = now.ToUnixTimeSeconds() - unixSeconds;
        return Math.Abs(away) <= tolerance.TotalSeconds
            ? null
            : new SignatureFault(400, string.Create(CultureInfo.InvariantCulture,
                $"it was signed {Math.Abs(away)} s {(away > 0 ? "ago" : "ahead of this platform's clock")}, and the webhook's tolerance is {tolerance.TotalSeconds:0} s: it is old, or a clock is wrong"));
    }
}
