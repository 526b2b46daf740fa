namespace Faas.Controller.Metering.Costs;

/// <summary>List prices of the large clouds: pay as you go, first tier, without discounts, free tiers, traffic and what else is around a function.</summary>
internal static class CloudTariffs
{
    /// <summary>Of a description of Lambda's prices that names the vendor's page; the page itself was not at hand.</summary>
    private static readonly DateOnly Aws = new(2026, 5, 11);

    /// <summary>When a description without a date of its own was read: the vendor's page shows no amounts without a browser.</summary>
    private static readonly DateOnly Azure = new(2026, 11, 30);

    /// <summary>Of the vendor's page in the Internet Archive.</summary>
    private static readonly DateOnly Google = new(2021, 1, 10);

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<CloudTariff> All { get; } =
    [
        new("AWS Lambda, x86, us-east-1", 0.20m, 0.0000166667m, "https://aws.amazon.com/lambda/pricing/", Aws)
        {
            FreeTier = "1 million requests, 400,000 GB-s",
        },
        new("AWS Lambda, Arm, us-east-1", 0.20m, 0.0000133334m, "https://aws.amazon.com/lambda/pricing/", Aws)
        {
            FreeTier = "1 million requests, 400,000 GB-s",
        },
        new("Azure Functions, consumption plan, East US", 0.20m, 0.000016m, "https://azure.microsoft.com/pricing/details/functions/", Azure)
        {
            // By memory in use there, which is less than what a function is given: an upper bound.
            MinimumMs = 100,
            Sizes = [.. Enumerable.Range(1, 12).Select(step => (128 * step, 0m))],
            FreeTier = "1 million executions, 400,000 GB-s",
        },
        new("Google Cloud Functions, 1st gen, tier 1", 0.40m, 0.0000025m, "https://cloud.google.com/functions/pricing", Google)
        {
            RoundUpMs = 100,
            PerGHzSecond = 0.00001m,
            Sizes = [(128, 0.2m), (256, 0.4m), (512, 0.8m), (1024, 1.4m), (2048, 2.4m), (4096, 4.8m), (8192, 4.8m)],
            FreeTier = "2 million invocations, 400,000 GB-s, 200,000 GHz-s",
        },
    ];
}
