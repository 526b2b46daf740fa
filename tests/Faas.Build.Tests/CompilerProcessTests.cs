using System.Diagnostics;
using System.Text;
using Faas.Controller.Build;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Build.Tests;

public sealed class CompilerProcessTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CompilerProcess _compiler;

    public CompilerProcessTests() => _compiler = new CompilerProcess(Command, _time);

    private static string[] Command => ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "faas-controller.dll"), CompilerProcess.Argument];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _compiler.DisposeAsync();

    [Fact]
    public async Task It_gives_the_same_bytes_and_has_the_same_identity_as_the_compiler_in_this_process()
    {
        using var inside = new CSharpCompiler(TimeProvider.System);
        var source = Source("public class Hello { public int Answer() => 42; }");
        var here = await inside.CompileAsync(source, Ct);
        var there = await _compiler.CompileAsync(source, Ct);
        Assert.Equal(here.Assembly, there.Assembly);
        Assert.Equal(here.Symbols, there.Symbols);
        Assert.Equal(inside.Identity, _compiler.Identity);
    }

    [Fact]
    public async Task Diagnostics_come_back_as_they_were_found()
    {
        var failure = await Assert.ThrowsAsync<BuildException>(() => _compiler.CompileAsync(Source("public class Hello { public int Answer() => \"\"; }"), Ct));
        Assert.Equal(BuildErrors.BuildFailed, failure.Kind);
        Assert.StartsWith("hello.cs(1,45): error CS0029", Assert.Single(failure.Diagnostics), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_each_get_their_own()
    {
        var compiled = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => _compiler.CompileAsync(Source($"public class Hello {{ public int Answer() => 7000{i}; }}"), Ct)));
        Assert.Equal(12, compiled.Select(function => Convert.ToHexString(function.Assembly)).Distinct().Count());
    }

    [Fact]
    public async Task No_process_runs_before_the_first_compilation_and_after_two_minutes_without_one()
    {
        Assert.Null(_compiler.ProcessId);
        await _compiler.CompileAsync(Source("public class Hello { public int Answer() => 1; }"), Ct);
        using var process = Process.GetProcessById(_compiler.ProcessId!.Value);

        _time.Advance(CompilerProcess.IdleMax - TimeSpan.FromSeconds(1));
        await _compiler.CompileAsync(Source("public class Hello { public int Answer() => 2; }"), Ct);
        _time.Advance(CompilerProcess.IdleMax - TimeSpan.FromSeconds(1));
        Assert.Equal(process.Id, _compiler.ProcessId);

        _time.Advance(TimeSpan.FromSeconds(1));
        await process.WaitForExitAsync(Ct);
        Assert.Null(_compiler.ProcessId);
    }

    [Fact]
    public async Task A_killed_compiler_fails_what_it_compiled_and_the_next_one_is_started()
    {
        await _compiler.CompileAsync(Source("public class Hello { public int Answer() => 1; }"), Ct);
        using var process = Process.GetProcessById(_compiler.ProcessId!.Value);
        var endless = _compiler.CompileAsync(Source(Slow()), Ct);
        process.Kill();

        var failure = await Assert.ThrowsAsync<BuildException>(() => endless);
        Assert.Contains("ended unexpectedly", failure.Message, StringComparison.Ordinal);
        await _compiler.CompileAsync(Source("public class Hello { public int Answer() => 3; }"), Ct);
        Assert.NotEqual(process.Id, _compiler.ProcessId);
    }

    [Fact]
    public async Task A_compiler_that_cannot_be_started_is_the_deployments_error()
    {
        await using var missing = new CompilerProcess(["/nowhere/faas-controller", CompilerProcess.Argument], _time);
        var failure = await Assert.ThrowsAsync<BuildException>(() => missing.CompileAsync(Source("public class Hello;"), Ct));
        Assert.Contains("could not be started", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Overload resolution over nested lambdas, which takes the compiler minutes.</summary>
    private static string Slow()
    {
        var nested = Enumerable.Range(0, 9).Aggregate("0", (inner, i) => $"M(x{i} => {inner})");
        return $"public class Hello {{ static int M(Func<int, int> f) => 0; static int M(Func<string, int> f) => 0; static int M(Func<object, int> f) => 0; public int Answer() => {nested}; }}";
    }

    private static SourceFile[] Source(string text) => [new SourceFile("hello.cs", Encoding.UTF8.GetBytes(text))];
}
