namespace Faas.Cli.Supervision;

/// <summary>How a part is started.</summary>
/// <param name="Name"><c>controller</c> or <c>gateway</c>.</param>
/// <param name="Program">Its executable.</param>
/// <param name="Arguments">Its arguments, given the address it listened on before; null at its first start. A part that was told port 0 keeps the port it got.</param>
internal sealed record PartCommand(string Name, string Program, Func<Uri?, IReadOnlyList<string>> Arguments)
{
    /// <summary>Environment variables that it gets unless ours has them already.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
