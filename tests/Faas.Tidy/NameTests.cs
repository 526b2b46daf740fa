using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Faas.Tidy;

/// <summary>Names are taken from the field; words that say nothing, and folders that sort by kind of class, are banned.</summary>
public sealed partial class NameTests
{
    private static readonly string[] Banned = ["Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Misc", "Base", "Impl", "Data", "Info"];

    private static readonly string[] BannedFolders =
        ["Models", "Services", "Interfaces", "Helpers", "Utils", "Common", "Misc", "Abstractions", "Entities", "Dtos", "Enums", "Extensions", "Exceptions"];

    // `DataFolder` is the folder that users name with `--data`; the word is theirs.
    private static readonly string[] Excepted = ["DataFolder"];

    [Fact]
    public void Type_names_say_something() =>
        Repository.AssertNone(
            from file in Repository.Platform
            from type in file.Types
            let name = NameOf(type)
            where !Excepted.Contains(name)
            let word = Words().Split(name).FirstOrDefault(part => Banned.Contains(part))
            where word is not null
            select $"{file.At(type)}: {name} has the banned word '{word}'",
            "Type names with words that say nothing:");

    [Fact]
    public void Service_is_the_name_of_hosted_loops_only() =>
        Repository.AssertNone(
            from file in Repository.Platform
            from type in file.Types.OfType<TypeDeclarationSyntax>()
            let name = type.Identifier.ValueText
            where name.EndsWith("Service", StringComparison.Ordinal) && !IsHosted(type) && !IsGenerated(type)
            select $"{file.At(type)}: {name} is neither a BackgroundService nor an IHostedService",
            "'Service' is for hosted loops:");

    [Fact]
    public void Folders_are_concepts_not_kinds_of_class() =>
        Repository.AssertNone(
            Repository.Platform
                .Select(file => Path.GetDirectoryName(file.FilePath)!)
                .Distinct()
                .Where(folder => folder.Split('/').Any(BannedFolders.Contains)),
            "Folders named after kinds of class:");

    [Fact]
    public void Async_methods_that_others_call_end_in_a_cancellation_token() =>
        Repository.AssertNone(
            from file in Repository.Platform
            from method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
            where method.Modifiers.Any(SyntaxKind.PublicKeyword) && !method.Modifiers.Any(SyntaxKind.OverrideKeyword)
            from parameter in method.ParameterList.Parameters
            where parameter.Type?.ToString() == "CancellationToken" && parameter.Default is not null
            select $"{file.At(parameter)}: {method.Identifier.ValueText} gives its CancellationToken a default; callers would forget it",
            "A CancellationToken has no default:");

    [Fact]
    public void One_public_type_has_a_file_of_its_own() =>
        Repository.AssertNone(
            from file in Repository.Platform
            let types = file.Root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
                .OfType<TypeDeclarationSyntax>()
                .Where(type => type is ClassDeclarationSyntax or InterfaceDeclarationSyntax or StructDeclarationSyntax)
                .Where(type => type.Modifiers.Any(SyntaxKind.PublicKeyword))
                .ToList()
            where types.Count > 1
            select $"{file.At(types[1])}: {string.Join(", ", types.Select(type => type.Identifier.ValueText))}; records and enums may stay with their type",
            "Several public types in one file:");

    // A hosted loop, or the implementation of a gRPC service, whose base is generated.
    private static bool IsHosted(TypeDeclarationSyntax type) =>
        type.BaseList?.Types.Any(parent => parent.Type.ToString() is "BackgroundService" or "IHostedService" or "IHostedLifecycleService") == true;

    private static bool IsGenerated(TypeDeclarationSyntax type) =>
        type.BaseList?.Types.Any(parent => parent.Type.ToString().EndsWith("Base", StringComparison.Ordinal)) == true;

    private static string NameOf(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax declared => declared.Identifier.ValueText,
        DelegateDeclarationSyntax declared => declared.Identifier.ValueText,
        _ => "",
    };

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex Words();
}
