namespace Faas.Contracts.Functions;

/// <summary>The limits of an <see cref="AsyncSpec"/>; a part of <see cref="FunctionSpecRules"/>.</summary>
internal static class AsyncSpecRules
{
    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule.</summary>
    public static void Check(AsyncSpec spec, Action<bool, string, string> require)
    {
        void Within(string field, TimeSpan value, TimeSpan min, TimeSpan max, string range) => require(value >= min && value <= max, field, $"was {value}; must be {range}");

        require(spec.MaxAttempts is >= 1 and <= 100, "async.maxAttempts", $"was {spec.MaxAttempts}; must be 1 to 100");
        Within("async.backoffMin", spec.BackoffMin, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), "100ms to 1h");
        Within("async.backoffMax", spec.BackoffMax, spec.BackoffMin, TimeSpan.FromHours(12), $"backoffMin ({spec.BackoffMin}) to 12h");
        Within("async.maxAge", spec.MaxAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(14), "1s to 14 days (336h)");
        require(spec.Concurrency is null or (>= 1 and <= 1_000_000), "async.concurrency", $"was {spec.Concurrency}; must be 1 to 1,000,000");
        require(spec.QueueMax is >= 1 and <= 10_000_000, "async.queueMax", $"was {spec.QueueMax}; must be 1 to 10,000,000");
        Within("async.keepResult", spec.KeepResult, TimeSpan.Zero, TimeSpan.FromDays(30), "0s to 30 days (720h)");
        CheckDestination(spec.OnSuccess, "async.onSuccess", require);
        CheckDestination(spec.OnFailure, "async.onFailure", require);
    }

    private static void CheckDestination(Destination? destination, string field, Action<bool, string, string> require)
    {
        if (destination is null)
        {
            return;
        }

        var given = new[] { destination.Function, destination.Topic, destination.Url }.Count(part => part is not null);
        require(given == 1, field, "must name one of 'function', 'topic' and 'url'");
        require(destination.Function is null || FunctionName.IsValid(destination.Function), field, "'function' must be a function's name");
        require(destination.Topic is null || FunctionName.IsValid(destination.Topic), field, "'topic' must be made of the characters of function names");
        require(destination.Url is null || IsWebAddress(destination.Url), field, "'url' must be an http or https address of at most 2,048 characters");
    }

    /// <summary>Whether a signed POST can be sent to <paramref name="url"/>.</summary>
    public static bool IsWebAddress(string url) =>
        url.Length <= 2048 && Uri.TryCreate(url, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.UserInfo.Length == 0;
}
