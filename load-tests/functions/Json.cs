using System.Collections.Generic;
using System.Linq;

namespace Functions;

/// <summary>One kilobyte of JSON in, one out. Faas.LoadTests serves the same code without a platform.</summary>
public static class Orders
{
    /// <summary>Adds the prices up.</summary>
    public static Invoice Handle(Order order) => new(
        order.Number, order.Customer, [.. order.Lines.Select(line => new InvoiceLine(line.Article, line.Text, line.Quantity, line.Quantity * line.Price))],
        order.Lines.Sum(line => line.Quantity * line.Price));
}

/// <summary>What comes in.</summary>
public sealed record Order(string Number, string Customer, IReadOnlyList<OrderLine> Lines);

/// <summary>One article.</summary>
public sealed record OrderLine(string Article, string Text, int Quantity, decimal Price);

/// <summary>What goes out.</summary>
public sealed record Invoice(string Number, string Customer, IReadOnlyList<InvoiceLine> Lines, decimal Total);

/// <summary>One article and what it comes to.</summary>
public sealed record InvoiceLine(string Article, string Text, int Quantity, decimal Amount);
