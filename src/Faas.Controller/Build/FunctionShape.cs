using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Faas.Controller.Build;

/// <summary>What single-file C# must look like to be a function, told in words before the compiler tells it in others.</summary>
internal static class FunctionShape
{
    private const string Wanted = "a function file declares a class with a public method, for example 'public class Hello { public string Greet(string name) => name; }'";

    /// <summary>Statements outside any class, where the compiler would only say that a program using them must be an executable.</summary>
    public static IEnumerable<string> TopLevelStatements(IEnumerable<SyntaxTree> trees)
    {
        foreach (var tree in trees)
        {
            if (((CompilationUnitSyntax)tree.GetRoot()).Members.OfType<GlobalStatementSyntax>().FirstOrDefault() is { } statement)
            {
                var at = statement.GetLocation().GetLineSpan().StartLinePosition;
                yield return $"{tree.FilePath}({at.Line + 1},{at.Character + 1}): error FAAS001: statements outside a class; {Wanted}";
            }
        }
    }

    /// <summary>The complaint that nothing here could be a handler; null when something could.</summary>
    public static string? NoHandler(CSharpCompilation compilation, string file) =>
        compilation.Assembly.GlobalNamespace.Accept(new HandlerFinder()) ? null : $"{file}(1,1): error FAAS002: no public method; {Wanted}";

    private sealed class HandlerFinder : SymbolVisitor<bool>
    {
        public override bool VisitNamespace(INamespaceSymbol symbol) => symbol.GetMembers().Any(member => member.Accept(this));

        public override bool VisitNamedType(INamedTypeSymbol symbol) =>
            (symbol.TypeKind is TypeKind.Class or TypeKind.Struct && symbol.GetMembers().OfType<IMethodSymbol>().Any(IsCandidate))
            || symbol.GetTypeMembers().Any(member => member.Accept(this));

        private static bool IsCandidate(IMethodSymbol method) =>
            method is { MethodKind: MethodKind.Ordinary, DeclaredAccessibility: Accessibility.Public, IsOverride: false, IsImplicitlyDeclared: false };
    }
}
