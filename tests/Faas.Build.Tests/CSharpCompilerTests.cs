using System.Reflection.Metadata;
using System.Runtime.Loader;
using System.Text;
using Faas.Controller.Build;

namespace Faas.Build.Tests;

public sealed class CSharpCompilerTests : IDisposable
{
    private readonly CSharpCompiler _compiler = new(TimeProvider.System);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _compiler.Dispose();

    [Fact]
    public async Task A_compiler_that_stops_ends_its_compilations()
    {
        _compiler.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CompileAsync(("hello.cs", "public class Hello { public int Answer() => 1; }")));
    }

    [Fact]
    public async Task A_single_file_becomes_an_assembly_that_runs()
    {
        var function = await CompileAsync(("hello.cs", "public class Hello { public string Greet(string name) => $\"Hello {name}\"; }"));
        Assert.Equal("Hello you", Run(function, "Hello", "Greet", "you"));
    }

    [Fact]
    public async Task The_sdks_implicit_usings_nullable_and_the_newest_language_are_on()
    {
        var function = await CompileAsync(("hello.cs", """
            public class Hello
            {
                public string? Note { get => field; set; }
                public string Greet(string name)
                {
                    List<int> numbers = [.. Enumerable.Range(0, 3)];
                    using var http = new HttpClient();
                    _ = Task.Delay(0, CancellationToken.None);
                    return Path.Combine(name, string.Join(',', numbers));
                }
            }
            """));
        Assert.Equal("a/0,1,2", Run(function, "Hello", "Greet", "a"));
    }

    [Fact]
    public async Task The_functions_sdk_needs_no_using()
    {
        var function = await CompileAsync(("hello.cs", """
            public static class Hello
            {
                [Function]
                public static HttpResult Greet(HttpEvent request, FunctionContext context, CancellationToken ct) => HttpResult.Ok();
            }
            """));
        Assert.NotEmpty(function.Assembly);
    }

    public static TheoryData<string> Samples => [.. Directory.GetFiles(SamplesFolder, "*.cs")];

    private static string SamplesFolder
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!Directory.Exists(Path.Combine(folder.FullName, "functions-samples")))
            {
                folder = folder.Parent ?? throw new DirectoryNotFoundException("functions-samples");
            }

            return Path.Combine(folder.FullName, "functions-samples");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Every_single_file_sample_compiles(string file) =>
        await _compiler.CompileAsync([new SourceFile(Path.GetFileName(file), await File.ReadAllBytesAsync(file, Ct))], Ct);

    [Fact]
    public async Task Several_files_see_each_other()
    {
        var function = await CompileAsync(
            ("lib/words.cs", "namespace Lib; internal static class Words { public static string Hello => \"Hi \"; }"),
            ("hello.cs", "public static class Hello { public static string Greet(string name) => Lib.Words.Hello + name; }"));
        Assert.Equal("Hi you", Run(function, "Hello", "Greet", "you"));
    }

    [Fact]
    public async Task The_same_sources_give_the_same_bytes_whoever_compiles_them_and_in_whatever_order()
    {
        var a = ("a.cs", "public class A { public string Run(string s) => s + new { X = 1 }; }");
        var b = ("b.cs", "public class B { public async Task<int> Run() { await Task.Yield(); return 1; } }");
        using var other = new CSharpCompiler(TimeProvider.System);

        var first = await CompileAsync(a, b);
        var second = await other.CompileAsync(Sources(b, a), Ct);

        Assert.Equal(first.Assembly, second.Assembly);
        Assert.Equal(first.Symbols, second.Symbols);
        Assert.Equal(_compiler.Identity, other.Identity);
    }

    [Fact]
    public async Task Symbols_are_portable_and_name_files_relative_to_the_bundle()
    {
        var function = await CompileAsync(("lib/hello.cs", "public class Hello { public string Greet(string name) => name; }"));
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(function.Symbols));
        var reader = provider.GetMetadataReader();
        var documents = reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name)).ToList();
        Assert.Contains("lib/hello.cs", documents);
        Assert.DoesNotContain(documents, document => document.StartsWith('/'));
    }

    [Fact]
    public async Task Errors_come_back_with_file_line_and_column()
    {
        var exception = await FailAsync(("lib/bad.cs", "public class Bad\n{\n    public int Run() { return 1 }\n}\n"));
        Assert.Equal("lib/bad.cs(3,33): error CS1002: ; expected", Assert.Single(exception.Diagnostics));
        Assert.Equal("The sources do not compile: 1 error.", exception.Message);
    }

    [Fact]
    public async Task Many_errors_come_in_the_order_of_the_files_and_are_cut_off()
    {
        var lines = string.Concat(Enumerable.Range(0, 200).Select(i => $"public Missing M{i};\n"));
        var exception = await FailAsync(("b.cs", $"class B {{\n{lines}}}"), ("a.cs", "class A { Missing M; }"));
        Assert.StartsWith("a.cs(1,11): error CS0246", exception.Diagnostics[0], StringComparison.Ordinal);
        Assert.StartsWith("b.cs(2,8): error CS0246", exception.Diagnostics[1], StringComparison.Ordinal);
        Assert.Equal(50, exception.Diagnostics.Count);
        Assert.Contains("201 errors", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_level_statements_are_told_what_a_function_is()
    {
        var exception = await FailAsync(("hello.cs", "using System;\n\nConsole.WriteLine(1);\n"));
        Assert.StartsWith("hello.cs(3,1): error FAAS001: ", Assert.Single(exception.Diagnostics), StringComparison.Ordinal);
        Assert.Contains("a function file declares a class with a public method", exception.Diagnostics[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("// nothing")]
    [InlineData("public class Empty { string Hidden() => \"\"; public int Property { get; set; } }")]
    [InlineData("public record Data(string Name);")]
    [InlineData("class Program { static void Main() { } }")]
    [InlineData("public class Only { public override string ToString() => \"\"; }")]
    [InlineData("public interface IHello { string Greet(); }")]
    public async Task Sources_without_a_public_method_are_told_what_a_function_is(string source)
    {
        var exception = await FailAsync(("hello.cs", source));
        Assert.StartsWith("hello.cs(1,1): error FAAS002: ", Assert.Single(exception.Diagnostics), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public class U { public unsafe int Run(int* p) => *p; }", "CS0227")]
    [InlineData("public class U { public object Run() => new Microsoft.CodeAnalysis.SyntaxTree[0]; }", "CS0234")]
    [InlineData("public class U { public object Run() => new Faas.Storage.BundleStore(\"\"); }", "CS02")]
    [InlineData("public class U { public object Run() => typeof(Microsoft.AspNetCore.Http.HttpContext); }", "CS0234")]
    public async Task Unsafe_code_and_the_controllers_own_assemblies_are_out_of_reach(string source, string code) =>
        Assert.Contains((await FailAsync(("u.cs", source))).Diagnostics, diagnostic => diagnostic.Contains($"error {code}", StringComparison.Ordinal));

    [Fact]
    public async Task A_binary_file_is_refused_by_name() =>
        Assert.StartsWith("x.cs(1,1): error", (await FailAsync(("x.cs", "\0\0\0\0public class X"))).Diagnostics[0], StringComparison.Ordinal);

    [Fact]
    public async Task Sources_over_the_limit_are_refused() =>
        Assert.Contains("2,097,152 bytes", (await FailAsync(("big.cs", "//" + new string('x', 2_100_000)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("-", "")]
    [InlineData("new[]{", "}.Length")]
    [InlineData("((Func<int>)(() => ", "))()")]
    [InlineData("1 is 1 ? 1 : ", "")]
    [InlineData("", ".ToString().Length")]
    [InlineData("", " + 1")]
    [InlineData("$\"{", "}\".Length")]
    public async Task Nesting_without_end_is_an_error_and_not_the_end_of_the_controller(string open, string close)
    {
        var exception = await FailAsync(("deep.cs", $"public class Deep {{ public int Run() => {Nested(20_000, open, "1", close)}; }}"));
        Assert.NotEmpty(exception.Diagnostics);
    }

    [Theory]
    [InlineData("{", "}")]
    [InlineData("if (true) ", "")]
    [InlineData("if (true) { } else ", "")]
    [InlineData("void F() { ", "}")]
    public async Task Statements_nested_without_end_are_an_error(string open, string close) =>
        await FailAsync(("deep.cs", $"public class Deep {{ public void Run() {{ {Nested(20_000, open, ";", close)} }} }}"));

    [Theory]
    [InlineData("class C { ", "}")]
    [InlineData("namespace N { ", "}")]
    public async Task Declarations_nested_without_end_are_an_error(string open, string close) => await FailAsync(("deep.cs", Nested(20_000, open, "", close)));

    [Theory]
    [InlineData("List<", ">")]
    [InlineData("(int, ", ")")]
    [InlineData("", "?")]
    public async Task Types_nested_without_end_are_an_error(string open, string close) =>
        await FailAsync(("deep.cs", $"public class Deep {{ {Nested(20_000, open, "int", close)} F; public void Run() {{ }} }}"));

    [Theory]
    [InlineData("(", ")")]
    [InlineData("!", "")]
    [InlineData("", " && A")]
    public async Task Directives_nested_without_end_do_not_end_the_controller(string open, string close) =>
        Assert.True(await Record.ExceptionAsync(() => CompileAsync(("deep.cs", $"#if {Nested(100_000, open, "A", close)}\n#endif\npublic class Deep {{ public void Run() {{ }} }}")))
            is null or BuildException);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("((Func<int>)(() => ", "))()")]
    [InlineData("", " + 1")]
    [InlineData("$\"{", "}\".Length")]
    public async Task Nesting_that_people_write_compiles(string open, string close) =>
        await CompileAsync(("deep.cs", $"public class Deep {{ public int Run() => {Nested(12, open, "1", close)}; }}"));

    [Fact]
    public async Task Compilations_at_once_do_not_disturb_each_other()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => CompileAsync(("f.cs", $"public class F {{ public string Run(string s) => s + \"{i}\"; }}"))));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"a{i}"), results.Select(result => Run(result, "F", "Run", "a")));
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_its_compilation()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _compiler.CompileAsync(Sources(("a.cs", "class A;")), gone.Token));
    }

    private static SourceFile[] Sources(params (string Path, string Text)[] files) => [.. files.Select(file => new SourceFile(file.Path, Encoding.UTF8.GetBytes(file.Text)))];

    [Theory]
    [InlineData("(", ")")]
    [InlineData("((Func<int>)(() => ", "))()")]
    [InlineData("$\"{", "}\".Length")]
    [InlineData("new Func<int>(() => ", ").Invoke()")]
    [InlineData("(1 is 1 ? 1 : ", ")")]
    public async Task What_is_just_below_the_limit_for_brackets_is_answered(string open, string close)
    {
        var depth = 200 / open.Count(c => c is '(' or '{');
        Assert.True(await Record.ExceptionAsync(() => CompileAsync(("deep.cs", $"public class Deep {{ public int Run() => {Nested(depth - 3, open, "1", close)}; }}")))
            is null or BuildException);
    }

    private static string Nested(int depth, string open, string core, string close) =>
        string.Concat(Enumerable.Repeat(open, depth)) + core + string.Concat(Enumerable.Repeat(close, depth));

    private static object? Run(CompiledFunction function, string type, string method, string argument)
    {
        var context = new AssemblyLoadContext(null, isCollectible: true);
        var target = context.LoadFromStream(new MemoryStream(function.Assembly), new MemoryStream(function.Symbols)).GetType(type)!;
        var info = target.GetMethod(method)!;
        return info.Invoke(info.IsStatic ? null : Activator.CreateInstance(target), [argument]);
    }

    private Task<CompiledFunction> CompileAsync(params (string Path, string Text)[] files) => _compiler.CompileAsync(Sources(files), Ct);

    private async Task<BuildException> FailAsync(params (string Path, string Text)[] files)
    {
        var exception = await Assert.ThrowsAsync<BuildException>(() => CompileAsync(files));
        Assert.Equal(BuildErrors.BuildFailed, exception.Kind);
        return exception;
    }
}
