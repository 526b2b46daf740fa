using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Faas.Tidy;

/// <summary>One parsed C# file.</summary>
internal sealed class SourceFile
{
    private SourceFile(string path, SyntaxTree tree)
    {
        FilePath = path;
        Tree = tree;
        Root = tree.GetCompilationUnitRoot();
    }

    /// <summary>Relative to the repository's root.</summary>
    public string FilePath { get; }

    public SyntaxTree Tree { get; }

    public CompilationUnitSyntax Root { get; }

    /// <summary>Lines as an editor counts them: the empty one after the last line break is none.</summary>
    public int Lines
    {
        get
        {
            var lines = Tree.GetText().Lines;
            return lines[^1].Span.IsEmpty ? lines.Count - 1 : lines.Count;
        }
    }

    /// <summary>Every type declared in the file, nested ones too.</summary>
    public IEnumerable<MemberDeclarationSyntax> Types =>
        Root.DescendantNodes().OfType<MemberDeclarationSyntax>().Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    public static SourceFile Read(string path) => new(path, CSharpSyntaxTree.ParseText(Repository.Read(path), path: path));

    public string At(SyntaxNodeOrToken node) => At(node.Span);

    public string At(TextSpan span) => $"{FilePath}:{Tree.GetLineSpan(span).StartLinePosition.Line + 1}";

    /// <summary>Lines of <paramref name="node"/> without the documentation above it.</summary>
    public int LinesOf(SyntaxNode node)
    {
        var span = Tree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
