using System.Runtime.CompilerServices;
using System.Text.Json;
using Faas.Functions;

namespace Faas.Runtime.DotNet.Warmup;

/// <summary>
/// What a stem runs before it says that it is ready, one method per kind of handler: whatever these go through is loaded and compiled
/// when the real function comes. Public, because handlers are.
/// </summary>
public static class ThrowawayFunction
{
    /// <summary>JSON both ways, LINQ, console.</summary>
    public static Receipt Json(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        Console.WriteLine($"order {order.Id} of {order.Lines.Count} lines");
        var groups = order.Lines.GroupBy(line => line.Article).OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(line => line.Price * line.Count));
        var everyday = JsonSerializer.Deserialize<Everyday>(JsonSerializer.Serialize(new Everyday(), JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
        everyday.Counts["count"] = order.Lines.Sum(line => line.Count);
        return new Receipt(order.Id, groups.Values.Sum(), groups, [.. order.Lines.Where(line => line.Count > 0).Select(line => line.Article)], order.Paid)
        {
            Everyday = everyday,
        };
    }

    /// <summary>The request, and a document read by hand.</summary>
    public static HttpResult Http(HttpEvent request, FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        using var document = JsonDocument.Parse(request.Body);
        var id = document.RootElement.GetProperty("id").GetInt32();
        var name = request.Query["name"] ?? request.Headers["user-agent"];
        return HttpResult.Json(new { id, name, request.Path, context.FunctionName, left = context.RemainingTime > TimeSpan.Zero })
            .WithHeader("X-Cookie", request.Cookies["a"] ?? "");
    }

    /// <summary>Text, asynchronously.</summary>
    public static async Task<string> Text(string text, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await Task.Run(() => cancellationToken.IsCancellationRequested, cancellationToken);
        return $"{text}, {text?.Length ?? 0}";
    }

    /// <summary>A JSON value made asynchronously.</summary>
    public static async Task<Receipt> AsyncJson(Order order)
    {
        await Task.Yield();
        return Json(order);
    }

    /// <summary>A stream of items.</summary>
    public static async IAsyncEnumerable<string> Items(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(body);
        yield return await reader.ReadToEndAsync(cancellationToken);
        await Task.Yield();
        yield return "\n";
    }
}

/// <summary>What is read.</summary>
public sealed record Order(int Id, string? Customer, IReadOnlyList<OrderLine> Lines, DateTimeOffset? Paid);

/// <summary>A part of it.</summary>
public sealed record OrderLine
{
    /// <summary>What.</summary>
    public string Article { get; set; } = "";

    /// <summary>How many.</summary>
    public int Count { get; set; }

    /// <summary>How much.</summary>
    public decimal Price { get; set; }
}

/// <summary>What is written.</summary>
public sealed record Receipt(int Id, decimal Total, Dictionary<string, decimal> ByArticle, string[] Articles, DateTimeOffset? Paid)
{
    /// <summary>Types that functions' JSON is made of, so that their converters are there.</summary>
    public Everyday Everyday { get; init; } = new();
}
