using System.Reflection;
using Faas.Contracts.Functions;

namespace Faas.Cli.Scaffolding;

/// <summary>What <c>faas init</c> writes for a runtime: its code, embedded from <c>Templates/</c>, and its lines of the manifest.</summary>
/// <param name="FileName">The code's file.</param>
/// <param name="Settings">The manifest's lines below the function's name.</param>
internal sealed record FunctionTemplate(string FileName, IReadOnlyList<string> Settings)
{
    public required string Runtime { get; init; }

    public static FunctionTemplate Of(string runtime) => runtime switch
    {
        Runtimes.DotNet => new FunctionTemplate("handler.cs", ["runtime: dotnet"]) { Runtime = runtime },
        Runtimes.Node => new FunctionTemplate("index.js", ["runtime: node", "handler: index.handler"]) { Runtime = runtime },
        Runtimes.Python => new FunctionTemplate("handler.py", ["runtime: python", "handler: handler.handler"]) { Runtime = runtime },
        _ => new FunctionTemplate("app.py", ["runtime: http", "command: [python3, app.py]"]) { Runtime = runtime },
    };

    public string ReadCode()
    {
        using var code = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"templates/{Runtime}/{FileName}")!);
        return code.ReadToEnd();
    }
}
