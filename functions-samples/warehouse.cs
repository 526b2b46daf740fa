// Listens instead of being called: whatever is published on the topic `orders` comes to it as an event, and so does every morning.
//
//   faas publish orders -d '{"sku":"desk","quantity":12}'          # an event; `faas invocations show ID` has its answer
//   faas trigger fire warehouse/morning                             # as if it were 8:00
//   faas trigger list
//
// A caller may send a CloudEvent as well:
//
//   curl localhost:8080/function/warehouse -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /shop' -H 'ce-type: order.placed' \
//     -H 'content-type: application/json' -d '{"sku":"desk","quantity":12}'
//   {"sku":"desk","left":28,"reorder":false}

using System;
using System.Collections.Generic;
using System.Linq;
using Faas.Functions;

public record Order(string? Sku, int Quantity);

public static class Warehouse
{
    private const int ReorderBelow = 10;

    // A real one asks a database: an instance may end at any time, and there may be several.
    private static readonly Dictionary<string, int> Stock = new() { ["desk"] = 40, ["lamp"] = 12, ["chair"] = 8 };

    public static object Handle(CloudEvent happened)
    {
        if (happened.Type == "faas.cron.fired")
        {
            return new { low = Stock.Where(item => item.Value < ReorderBelow).Select(item => item.Key) };
        }

        var order = happened.DataAs<Order>();
        if (order?.Sku is null || !Stock.TryGetValue(order.Sku, out var stock) || order.Quantity < 1)
        {
            return HttpResult.Json(new { error = "An order needs a 'sku' that there is and a 'quantity' of at least 1." }, 400);
        }

        var left = Math.Max(0, stock - order.Quantity);
        Console.WriteLine($"{order.Quantity} of {order.Sku} leave, {left} are left");
        return new { sku = order.Sku, left, reorder = left < ReorderBelow };
    }
}
