// Adds up an invoice: quantity times price for each line, a discount, VAT for each rate, everything rounded to cents.
//
//   curl localhost:8080/function/invoice -H 'content-type: application/json' \
//     -d '{"lines":[{"text":"Desk","quantity":2,"unitPrice":199.95,"vatPercent":20}],"discountPercent":5}'
//   {"net":379.91,"vat":[{"percent":20,"net":379.91,"amount":75.98}],"gross":455.89}

using System;
using System.Collections.Generic;
using System.Linq;
using Faas.Functions;

public record Line(string Text, decimal Quantity, decimal UnitPrice, decimal VatPercent);

public record Order(IReadOnlyList<Line>? Lines, decimal DiscountPercent);

public record Vat(decimal Percent, decimal Net, decimal Amount);

public record Invoice(decimal Net, IReadOnlyList<Vat> Vat, decimal Gross);

public static class Invoices
{
    public static object Calculate(Order order, FunctionContext context)
    {
        if (order.Lines is not { Count: > 0 } lines)
        {
            return HttpResult.Json(new { error = "An invoice needs at least one line." }, 400);
        }

        if (order.DiscountPercent is < 0 or > 100)
        {
            return HttpResult.Json(new { error = "discountPercent must be 0 to 100." }, 400);
        }

        var factor = 1 - order.DiscountPercent / 100;
        var vat = lines
            .GroupBy(line => line.VatPercent)
            .OrderBy(group => group.Key)
            .Select(group => (Percent: group.Key, Net: Cents(group.Sum(line => line.Quantity * line.UnitPrice) * factor)))
            .Select(group => new Vat(group.Percent, group.Net, Cents(group.Net * group.Percent / 100)))
            .ToList();

        var net = vat.Sum(v => v.Net);
        Console.WriteLine($"{lines.Count} lines, {net} net, invocation {context.InvocationId}");
        return new Invoice(net, vat, net + vat.Sum(v => v.Amount));
    }

    // Commercial rounding: half a cent goes up, as on any printed invoice; .NET's default would round to even.
    private static decimal Cents(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);
}
