using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Faas.Tidy;

/// <summary>Habits that a compiler does not see.</summary>
public sealed partial class ConductTests
{
    private static readonly string[] Text =
        [".cs", ".csproj", ".props", ".targets", ".py", ".js", ".mjs", ".json", ".yaml", ".yml", ".md", ".sh", ".proto", ".txt", ".config", ".toml", ""];

    // This file has to name what it looks for.
    private const string Self = "tests/Faas.Tidy/ConductTests.cs";

    [Fact]
    public void Nothing_names_a_package_registry_or_a_folder_of_one_machine() =>
        AssertNoLine(Places(), _ => true, "Addresses of registries and folders of one machine do not belong into the repository:");

    [Fact]
    public void Nothing_is_left_for_later() =>
        AssertNoLine(Unfinished(), path => !path.EndsWith(".md", StringComparison.Ordinal), "Unfinished:");

    [Fact]
    public void Tests_wait_for_events_and_never_for_time() =>
        Repository.AssertNone(
            from file in Repository.Tests
            where Repository.In(file.FilePath, "tests")
            from call in file.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            where call.ToString() is "Thread.Sleep" or "Task.Delay"
            select $"{file.At(call)}: {call}",
            "A test waits for an event, with a deadline:");

    [Fact]
    public void Nothing_is_started_and_forgotten() =>
        Repository.AssertNone(
            from file in Repository.Platform
            from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
            where method.Modifiers.Any(modifier => modifier.ValueText == "async") && method.ReturnType.ToString() == "void"
            select $"{file.At(method)}: async void {method.Identifier.ValueText}",
            "An exception in an async void method ends the process:");

    [Fact]
    public void Banned_calls_are_an_error_of_the_build()
    {
        var props = Repository.Read("Directory.Build.props");
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", props, StringComparison.Ordinal);
        Assert.Contains("<AdditionalFiles Include=\"$(FaasRoot)BannedSymbols.txt\"", props, StringComparison.Ordinal);
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", props, StringComparison.Ordinal);
        foreach (var symbol in (string[])["System.DateTime.UtcNow", "System.DateTimeOffset.UtcNow", "System.Diagnostics.Stopwatch", "Thread.Sleep", "Random.Shared"])
        {
            Assert.Contains(symbol, Repository.Read("BannedSymbols.txt"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_suppressed_warning_says_why() =>
        Repository.AssertNone(
            from file in Repository.Platform
            let lines = file.Tree.GetText().Lines
            from line in lines
            let text = line.ToString().Trim()
            where text.StartsWith("#pragma warning disable", StringComparison.Ordinal)
            where !text.Contains("//", StringComparison.Ordinal)
                && (line.LineNumber == 0 || !lines[line.LineNumber - 1].ToString().TrimStart().StartsWith("//", StringComparison.Ordinal))
            select $"{file.FilePath}:{line.LineNumber + 1}: {text}",
            "A #pragma needs a reason in or above its line:");

    [Fact]
    public void The_top_level_holds_only_what_the_design_names()
    {
        string[] folders = ["src", "runtimes", "functions-samples", "tests", "load-tests", "deploy"];
        string[] files = ["Faas.sln", "README.md", "LICENSE", "CHANGELOG.md", "Directory.Build.props", "Directory.Build.rsp", "Directory.Build.targets", "Directory.Packages.props", "BannedSymbols.txt", "global.json"];
        Repository.AssertNone(
            Repository.Files.Select(path => path.Split('/')).Where(parts => parts[0][0] != '.')
                .Where(parts => parts.Length == 1 ? !files.Contains(parts[0]) : !folders.Contains(parts[0]))
                .Select(parts => parts[0]).Distinct(),
            "Not named by the design:");
    }

    private static void AssertNoLine(Regex pattern, Func<string, bool> applies, string rule) =>
        Repository.AssertNone(
            from path in Repository.Files
            where path != Self && Text.Contains(Path.GetExtension(path)) && applies(path)
            from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select((text, index) => (Text: text, Number: index + 1))
            where pattern.IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Trim()}",
            rule);

    [GeneratedRegex(@"https?://[^\s""<>]*(nuget|npmjs|yarnpkg|pypi|pythonhosted|debian)|/work/(wt|main|shared)|/home/[a-z]+/|/root/\.|C:\\Users", RegexOptions.IgnoreCase)]
    private static partial Regex Places();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|simplified for now")]
    private static partial Regex Unfinished();
}
