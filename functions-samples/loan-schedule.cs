// Streams the repayment schedule of a loan as CSV: the first line is on its way before the last one is calculated.
//
//   curl 'localhost:8080/function/loan-schedule?amount=12000&percent=4.5&months=36'

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Faas.Functions;

public static class LoanSchedule
{
    public static async IAsyncEnumerable<string> Stream(HttpEvent request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var amount = Number(request, "amount", 10_000);
        var percent = Number(request, "percent", 5);
        var months = (int)Math.Clamp(Number(request, "months", 12), 1, 1200);

        var rate = percent / 1200;
        var payment = rate == 0 ? amount / months : amount * rate / (1 - (decimal)Math.Pow((double)(1 + rate), -months));
        yield return "month,payment,interest,principal,balance\n";

        var balance = amount;
        for (var month = 1; month <= months; month++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var interest = Math.Round(balance * rate, 2);
            var principal = month == months ? balance : Math.Round(payment - interest, 2);
            balance -= principal;
            yield return string.Create(CultureInfo.InvariantCulture, $"{month},{interest + principal:F2},{interest:F2},{principal:F2},{balance:F2}\n");
            await Task.Yield();
        }
    }

    private static decimal Number(HttpEvent request, string name, decimal otherwise) =>
        decimal.TryParse(request.Query[name], NumberStyles.Number, CultureInfo.InvariantCulture, out var value) && value >= 0 ? value : otherwise;
}
