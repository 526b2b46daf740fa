using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Faas.Controller.Build;

/// <summary>What single-file C# must look like to be a function, told in words before the compiler tells it in others.</summary>
internal static class FunctionShape
{
    private const string Wanted = "a function file declares a class with a public method, for example 'public class Hello { public string Greet(string name) => name; }'";

    /// <summary>Deepest nesting of syntax. People stay below 100; beyond it the compiler's own recursion becomes a danger.</summary>
    public const int NestingMax = 1000;

    private const int BracketsMax = 200;

    /// <summary>
    /// Brackets nested without end, which must not reach the parser: it looks ahead at every level, and 20,000 parentheses take it 20 s.
    /// Reads no C#, so brackets in strings and comments count; there too they come in pairs.
    /// </summary>
    public static string? TooManyBrackets(SourceText text, string file)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch
            {
                '(' or '[' or '{' => 1,
                ')' or ']' or '}' when depth > 0 => -1,
                _ => 0,
            };
            if (depth > BracketsMax)
            {
                var at = text.Lines.GetLinePosition(i);
                return $"{file}({at.Line + 1},{at.Character + 1}): error FAAS003: more than {BracketsMax} brackets are open; split it up";
            }
        }

        return null;
    }

    /// <summary>
    /// What must not reach the binder: nesting without end, and statements outside any class, of which it would only say that a
    /// program using them must be an executable.
    /// </summary>
    public static IEnumerable<string> Problems(IEnumerable<SyntaxTree> trees)
    {
        foreach (var tree in trees)
        {
            if (TooDeep(tree) is { } deep)
            {
                yield return At(tree, deep, $"FAAS003: nested more than {NestingMax:N0} deep; split it up");
            }
            else if (((CompilationUnitSyntax)tree.GetRoot()).Members.OfType<GlobalStatementSyntax>().FirstOrDefault() is { } statement)
            {
                yield return At(tree, statement, $"FAAS001: statements outside a class; {Wanted}");
            }
        }
    }

    /// <summary>The complaint that nothing here could be a handler; null when something could.</summary>
    public static string? NoHandler(CSharpCompilation compilation, string file) =>
        compilation.Assembly.GlobalNamespace.Accept(new HandlerFinder()) ? null : $"{file}(1,1): error FAAS002: no public method; {Wanted}";

    private static string At(SyntaxTree tree, SyntaxNode node, string message)
    {
        var at = tree.GetLineSpan(node.Span).StartLinePosition;
        return $"{tree.FilePath}({at.Line + 1},{at.Character + 1}): error {message}";
    }

    /// <summary>The first node that is too deep. With a stack of its own: recursion is what this is to prevent.</summary>
    private static SyntaxNode? TooDeep(SyntaxTree tree)
    {
        var open = new Stack<(SyntaxNode Node, int Depth)>([(tree.GetRoot(), 0)]);
        while (open.TryPop(out var current))
        {
            if (current.Depth > NestingMax)
            {
                return current.Node;
            }

            foreach (var child in current.Node.ChildNodes())
            {
                open.Push((child, current.Depth + 1));
            }
        }

        return null;
    }

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
