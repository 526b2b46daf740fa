using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Faas.Tidy;

/// <summary>Files and methods stay small.</summary>
public sealed class SizeTests
{
    private const int FileLinesMax = 500;
    private const int FileLinesMedian = 100;
    private const int FileLinesP90 = 250;
    private const int MethodLinesMax = 70;
    private const int MethodLinesP90 = 40;
    private const int ConstructorArgumentsMax = 6;

    private static readonly string[] ScriptEndings = [".py", ".js", ".mjs", ".sh", ".proto"];

    private static IEnumerable<SourceFile> All => Repository.Platform.Concat(Repository.Tests);

    [Fact]
    public void No_file_is_longer_than_the_wall() =>
        Repository.AssertNone(
            All.Where(file => file.Lines > FileLinesMax).Select(file => $"{file.FilePath}:{FileLinesMax + 1}: {file.Lines} lines"),
            $"Files above {FileLinesMax} lines:");

    [Fact]
    public void No_script_is_longer_than_the_wall() =>
        Repository.AssertNone(
            from path in Repository.Files
            where ScriptEndings.Contains(Path.GetExtension(path))
            let lines = File.ReadLines(Path.Combine(Repository.Root, path)).Count()
            where lines > FileLinesMax
            select $"{path}:{FileLinesMax + 1}: {lines} lines",
            $"Scripts above {FileLinesMax} lines:");

    [Fact]
    public void Files_of_src_are_small_on_the_whole()
    {
        var lines = Repository.Platform.Where(file => Repository.In(file.FilePath, "src")).OrderBy(file => file.Lines).ToList();
        var median = lines[lines.Count / 2].Lines;
        var p90 = lines[lines.Count * 9 / 10].Lines;

        Assert.True(
            median <= FileLinesMedian && p90 <= FileLinesP90,
            $"Median {median} (at most {FileLinesMedian}), p90 {p90} (at most {FileLinesP90}). The longest:\n"
            + string.Join('\n', lines.AsEnumerable().Reverse().Take(15).Select(file => $"{file.FilePath}:1: {file.Lines} lines")));
    }

    [Fact]
    public void No_method_is_longer_than_the_wall() =>
        Repository.AssertNone(
            from file in All
            from method in Methods(file)
            let lines = file.LinesOf(method)
            where lines > MethodLinesMax
            select $"{file.At(method)}: {lines} lines",
            $"Methods above {MethodLinesMax} lines:");

    [Fact]
    public void Methods_of_src_are_small_on_the_whole()
    {
        var lines = Repository.Platform.SelectMany(file => Methods(file).Select(method => (Lines: file.LinesOf(method), At: file.At(method)))).OrderBy(m => m.Lines).ToList();
        var p90 = lines[lines.Count * 9 / 10].Lines;
        Assert.True(p90 <= MethodLinesP90, $"p90 of methods is {p90} lines, at most {MethodLinesP90}.");
    }

    [Fact]
    public void No_constructor_takes_more_than_six_arguments() =>
        Repository.AssertNone(
            from file in Repository.Platform
            from node in file.Root.DescendantNodes()
            let parameters = node switch
            {
                ConstructorDeclarationSyntax constructor => constructor.ParameterList,
                ClassDeclarationSyntax type => type.ParameterList,
                _ => null,
            }
            where parameters is { Parameters.Count: > ConstructorArgumentsMax }
            select $"{file.At(node)}: {parameters.Parameters.Count} arguments; that is two classes",
            $"Constructors with more than {ConstructorArgumentsMax} arguments:");

    private static IEnumerable<SyntaxNode> Methods(SourceFile file) =>
        file.Root.DescendantNodes().Where(node => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax);
}
