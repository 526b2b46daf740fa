namespace Faas.Functions;

/// <summary>
/// Marks the method that handles invocations, so that the function needs no <c>handler</c> setting however its methods are called.
/// A method called <c>Handle</c>, <c>HandleAsync</c>, <c>Handler</c> or <c>Run</c>, or one that is the only public method, is found without it.
/// </summary>
/// <example>
/// <code>
/// public static class Orders
/// {
///     [Function]
///     public static Receipt Place(Order order) => new(order.Id, order.Lines.Sum(line => line.Price));
/// }
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class FunctionAttribute : Attribute;
