using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Budgets;

/// <summary>Tells that a threshold was reached: in the log, to the budget's address, on its topic.</summary>
internal sealed partial class BudgetNotices(Announcer announcer, string currency, TimeProvider time, ILogger<BudgetNotices> logger)
{
    /// <summary>Tells it. May be repeated: to address and topic it is the same announcement then.</summary>
    public async Task TellAsync(Budget budget, long spentPico, int percent, CancellationToken ct)
    {
        var state = budget.StateAt(spentPico);
        var notice = new BudgetNotice(budget.Key.Id, percent)
        {
            Function = budget.Key.Function,
            Namespace = budget.Key.Namespace,
            Period = budget.Key.Period,
            PeriodStart = budget.Start,
            PeriodEnd = budget.End,
            Amount = budget.Spec.Amount,
            Spent = PicoMoney.ToAmount(spentPico),
            Currency = currency,
            State = state,
        };
        var announcement = Announce(notice, budget.Key);
        if (budget.Spec.Webhook is { } url)
        {
            await announcer.SendAsync(announcement, url, ct);
        }

        if (budget.Spec.Topic is { } topic && await announcer.PublishAsync(announcement, topic, ct) is { } refusal)
        {
            Log.NotPublished(logger, budget.Key.Id, topic, refusal);
        }

        Log.Reached(logger, budget.Key.Id, percent, notice.Spent, notice.Amount, currency, state);
    }

    private Announcement Announce(BudgetNotice notice, BudgetKey key)
    {
        var id = IdOf(notice);
        var type = notice.Percent >= 100 ? "faas.budget.exceeded" : "faas.budget.threshold";
        var attributes = CloudEventText.Attributes(id, "/budgets/" + Uri.EscapeDataString(key.Id), type, time.GetUtcNow());
        attributes["subject"] = key.Id;
        var text = JsonSerializer.SerializeToUtf8Bytes(notice, FaasJson.Default.BudgetNotice);
        return new Announcement(id, key.Function ?? "*." + key.Namespace, CloudEventText.Write(attributes, "application/json", text));
    }

    /// <summary>The same for the same threshold of the same amount in the same period, so that nobody is told twice when the platform is killed in between.</summary>
    private static string IdOf(BudgetNotice notice)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{notice.Budget}\n{notice.PeriodStart:O}\n{notice.Percent}\n{notice.Amount:0.############}");
        return "budget-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)).AsSpan(0, 16));
    }

    private static partial class Log
    {
        [LoggerMessage(2701, LogLevel.Warning, "Budget {Budget} has reached {Percent} %: {Spent} of {Amount} {Currency}; {State}")]
        public static partial void Reached(ILogger logger, string budget, int percent, decimal spent, decimal amount, string currency, BudgetState state);

        [LoggerMessage(2702, LogLevel.Warning, "What budget {Budget} has to tell could not be published on topic '{Topic}': {Reason}")]
        public static partial void NotPublished(ILogger logger, string budget, string topic, string reason);
    }
}
