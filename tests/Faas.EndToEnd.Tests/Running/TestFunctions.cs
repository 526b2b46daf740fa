using Faas.Contracts.Functions;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>Deploys the functions in <c>Functions/</c> that only the tests use.</summary>
internal static class TestFunctions
{
    /// <summary>A handler function from one file of <c>Functions/</c>; its language follows from the file's ending.</summary>
    public static (FunctionSpec Spec, Bundle Bundle) From(string name, string file)
    {
        var text = Repository.Function(file);
        return Path.GetExtension(file) switch
        {
            ".py" => Python(name, text),
            ".js" => Node(name, text),
            ".cs" => CSharp(name, text),
            _ => throw new ArgumentException($"No runtime for {file}.", nameof(file)),
        };
    }

    public static (FunctionSpec Spec, Bundle Bundle) Python(string name, string code) =>
        (Spec(name, Runtimes.Python) with { Handler = "handler.handler" }, Bundle.Of(("handler.py", code)));

    public static (FunctionSpec Spec, Bundle Bundle) Node(string name, string code) =>
        (Spec(name, Runtimes.Node) with { Handler = "index.handler" }, Bundle.Of(("index.js", code)));

    public static (FunctionSpec Spec, Bundle Bundle) CSharp(string name, string code) => (Spec(name, Runtimes.DotNet), Bundle.Of(("Function.cs", code)));

    public static async Task DeployAsync(this Platform platform, string name, string file, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var (spec, bundle) = From(name, file);
        await platform.Admin.DeployAsync(change is null ? spec : change(spec), bundle);
    }

    /// <summary>A name that no other test uses: tests of one collection share a platform.</summary>
    public static string NewName(string prefix) => $"{prefix}-{Guid.NewGuid():n}"[..Math.Min(prefix.Length + 9, 40)];

    private static FunctionSpec Spec(string name, string runtime) =>
        new() { Name = name, Runtime = runtime, Network = NetworkKind.None, MemoryMiB = 128 };
}
