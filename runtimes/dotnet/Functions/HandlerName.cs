namespace Faas.Runtime.DotNet.Functions;

/// <summary>
/// A handler setting, taken apart: <c>Type.Method</c>, <c>Namespace.Type.Method</c>, or <c>Assembly::Namespace.Type::Method</c>, the form of AWS Lambda.
/// </summary>
/// <param name="Assembly">Name of the dll without its ending; null means look for it.</param>
/// <param name="Type">The type, with or without namespace.</param>
/// <param name="Method">The method.</param>
internal sealed record HandlerName(string? Assembly, string Type, string Method)
{
    /// <summary>Null for an empty setting.</summary>
    /// <exception cref="FunctionLoadException">It has none of the forms.</exception>
    public static HandlerName? Parse(string? handler)
    {
        if (string.IsNullOrWhiteSpace(handler))
        {
            return null;
        }

        var parts = handler.Trim().Split("::");
        var dot = handler.LastIndexOf('.');
        return parts.Length switch
        {
            3 when parts.All(part => part.Length > 0) && IsFileName(parts[0]) => new HandlerName(parts[0], parts[1], parts[2]),
            1 when dot > 0 && dot < handler.Length - 1 => new HandlerName(null, handler.Trim()[..dot], handler.Trim()[(dot + 1)..]),
            _ => throw FunctionLoadException.NotFound(
                $"the handler '{handler}' has none of the forms Type.Method, Namespace.Type.Method, Assembly::Namespace.Type::Method"),
        };
    }

    private static bool IsFileName(string name) => name == Path.GetFileName(name) && name is not ("." or "..");
}
