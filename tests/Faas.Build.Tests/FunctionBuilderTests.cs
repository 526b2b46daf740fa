using Faas.Contracts.Functions;
using Faas.Contracts.Hosting;
using Faas.Controller.Build;
using Faas.Storage;

namespace Faas.Build.Tests;

public sealed class FunctionBuilderTests : IDisposable
{
    private const string Hello = "public class Hello { public string Greet(string name) => name; }";
    private readonly TestFolder _folder = new();
    private readonly MovableTime _time = new();
    private readonly DataFolder _data;
    private readonly BundleStore _bundles;
    private readonly CSharpCompiler _compiler;
    private readonly FunctionBuilder _builder;

    public FunctionBuilderTests()
    {
        _data = new DataFolder(_folder.Path);
        _bundles = new BundleStore(_data.Bundles);
        _compiler = new CSharpCompiler(TimeProvider.System);
        _builder = NewBuilder();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _builder.Dispose();
        _compiler.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_single_file_bundle_is_compiled_into_its_folder()
    {
        var result = await BuildAsync(new Bundle().File("hello.cs", Hello), Runtimes.DotNet);
        Assert.NotNull(result.Compiled);
        Assert.Equal(Path.Combine(_data.Code, result.BuildDigest), result.Folder);
        Assert.Equal(["function.dll", "function.pdb", "hello.cs"], Directory.GetFiles(result.Folder).Select(Path.GetFileName).Order());
        Assert.True((File.GetUnixFileMode(Path.Combine(result.Folder, "function.dll")) & UnixFileMode.OtherRead) != 0);
    }

    [Fact]
    public async Task The_same_bundle_again_is_not_compiled_again_not_even_by_a_later_process()
    {
        var bundle = new Bundle().File("hello.cs", Hello);
        var first = await BuildAsync(bundle, Runtimes.DotNet);
        var written = File.GetLastWriteTimeUtc(Path.Combine(first.Folder, "function.dll"));

        using var later = NewBuilder();
        foreach (var builder in new[] { _builder, later })
        {
            var again = await builder.BuildAsync(Spec(await SaveAsync(bundle), Runtimes.DotNet), Ct);
            Assert.Equal(first with { Compiled = null }, again);
        }

        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(first.Folder, "function.dll")));
    }

    [Fact]
    public async Task Builds_of_one_bundle_at_once_do_the_work_once()
    {
        var spec = Spec(await SaveAsync(new Bundle().File("hello.cs", Hello)), Runtimes.DotNet);
        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => _builder.BuildAsync(spec, Ct), Ct)));
        Assert.Single(results.Where(result => result.Compiled is not null).Distinct());
        Assert.Single(results.Select(result => result.Folder).Distinct());
        Assert.Single(Directory.GetFileSystemEntries(_data.Code));
    }

    [Fact]
    public async Task Builds_of_different_bundles_at_once_each_get_their_own()
    {
        var specs = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            Spec(await SaveAsync(new Bundle().File("hello.cs", Hello.Replace("Hello", $"Hello{i}", StringComparison.Ordinal))), Runtimes.DotNet)));
        var results = await Task.WhenAll(specs.Select(spec => _builder.BuildAsync(spec, Ct)));
        Assert.Equal(8, results.Select(result => result.Folder).Distinct().Count());
        Assert.All(results, result => Assert.True(File.Exists(Path.Combine(result.Folder, "function.dll"))));
    }

    [Fact]
    public async Task One_caller_that_goes_away_does_not_end_the_build_for_the_others()
    {
        var spec = Spec(await SaveAsync(new Bundle().File("hello.cs", Hello)), Runtimes.DotNet);
        using var gone = new CancellationTokenSource();
        var leaving = _builder.BuildAsync(spec, gone.Token);
        var staying = _builder.BuildAsync(spec, Ct);
        await gone.CancelAsync();
        Assert.True(File.Exists(Path.Combine((await staying).Folder, "function.dll")));
        Assert.True(await Record.ExceptionAsync(() => leaving) is null or OperationCanceledException);
    }

    [Fact]
    public async Task A_builder_that_stops_ends_its_builds_and_leaves_nothing()
    {
        var spec = Spec(await SaveAsync(new Bundle().File("hello.cs", Hello)), Runtimes.DotNet);
        _builder.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _builder.BuildAsync(spec, Ct));
        Assert.Empty(Directory.GetFileSystemEntries(_data.Code));
    }

    [Fact]
    public async Task A_bundle_with_assemblies_is_taken_as_it_is()
    {
        var result = await BuildAsync(new Bundle().File("app.dll", "assembly").File("app.cs", "not compiled").File("app.csproj", ""), Runtimes.DotNet);
        Assert.Null(result.Compiled);
        Assert.False(File.Exists(Path.Combine(result.Folder, "function.dll")));
    }

    [Fact]
    public async Task Only_csharp_functions_are_compiled()
    {
        var bundle = new Bundle().File("hello.cs", Hello);
        var python = await BuildAsync(bundle, Runtimes.Python);
        Assert.Null(python.Compiled);
        Assert.Equal(python, await BuildAsync(bundle, Runtimes.Http));
        Assert.NotEqual(python.BuildDigest, (await BuildAsync(bundle, Runtimes.DotNet)).BuildDigest);
    }

    [Fact]
    public async Task An_image_needs_no_build()
    {
        var spec = new FunctionSpec { Name = "hello", Runtime = Runtimes.Http, Image = "nginx" };
        Assert.Equal(new BuildResult("", "", null), await _builder.BuildAsync(spec, Ct));
    }

    [Fact]
    public async Task A_project_that_was_not_built_and_a_bundle_without_code_are_refused()
    {
        Assert.Contains("app/app.csproj", (await FailAsync(new Bundle().File("app/app.csproj", "").File("a.cs", Hello), BuildErrors.BuildFailed)).Message, StringComparison.Ordinal);
        Assert.Contains(".cs", (await FailAsync(new Bundle().File("readme.md", ""), BuildErrors.InvalidBundle)).Message, StringComparison.Ordinal);
        await FailAsync(new Bundle().File("a.cs", Hello).File("target", "mine").Link("function.dll", "target"), BuildErrors.InvalidBundle);
    }

    [Fact]
    public async Task A_build_that_fails_leaves_nothing_and_fails_again_the_next_time()
    {
        var bad = new Bundle().File("bad.cs", "public class Bad { int }");
        Assert.StartsWith("bad.cs(1,", (await FailAsync(bad, BuildErrors.BuildFailed)).Diagnostics[0], StringComparison.Ordinal);
        await FailAsync(bad, BuildErrors.BuildFailed);
        await FailAsync(new Bundle().File("../evil", ""), BuildErrors.InvalidBundle);
        Assert.Empty(Directory.GetFileSystemEntries(_data.Code));
    }

    [Fact]
    public async Task A_bundle_that_was_never_uploaded_is_refused()
    {
        var exception = await Assert.ThrowsAsync<BuildException>(() => _builder.BuildAsync(Spec(new string('a', 64), Runtimes.Python), Ct));
        Assert.Equal(BuildErrors.InvalidBundle, exception.Kind);
        await Assert.ThrowsAsync<BuildException>(() => _builder.BuildAsync(Spec("../../etc", Runtimes.Python), Ct));
    }

    [Fact]
    public async Task Sweeping_removes_what_is_unused_for_an_hour_and_nothing_else()
    {
        var used = await BuildAsync(new Bundle().File("used", ""), Runtimes.Python);
        var bundle = new Bundle().File("unused", "").File("folder/file", "").Link("folder/up", "..");
        var unused = await BuildAsync(bundle, Runtimes.Python);
        var all = new HashSet<string> { used.BuildDigest };

        _time.Advance(TimeSpan.FromMinutes(59));
        await _builder.SweepAsync(all, Ct);
        Assert.True(Directory.Exists(unused.Folder));

        await BuildAsync(bundle, Runtimes.Python);   // asked for again: another hour
        _time.Advance(TimeSpan.FromMinutes(59));
        await _builder.SweepAsync(all, Ct);
        Assert.True(Directory.Exists(unused.Folder));

        _time.Advance(TimeSpan.FromMinutes(2));
        await _builder.SweepAsync(all, Ct);
        Assert.Equal([used.Folder], Directory.GetFileSystemEntries(_data.Code));

        Assert.Equal(unused, await BuildAsync(bundle, Runtimes.Python));
        Assert.True(Directory.Exists(unused.Folder));
    }

    [Fact]
    public async Task Bundles_with_many_files_or_links_in_a_circle_of_folders_are_built()
    {
        var many = new Bundle().Link("folder/up", "..").File("folder/program", "", UnixFileMode.UserExecute);
        for (var i = 0; i < 200; i++)
        {
            many.File($"f{i}", "");
        }

        foreach (var bundle in new[] { many, new Bundle().File("folder/a", "").Link("folder/up", "..") })
        {
            var result = await BuildAsync(bundle, Runtimes.Node);
            Assert.Equal("..", new FileInfo(Path.Combine(result.Folder, "folder", "up")).LinkTarget);
        }
    }

    [Fact]
    public async Task What_a_killed_process_left_unfinished_is_removed_at_start()
    {
        var kept = await BuildAsync(new Bundle().File("a", ""), Runtimes.Python);
        Directory.CreateDirectory(Path.Combine(_data.Code, ".new-1", "half"));
        Directory.CreateDirectory(Path.Combine(_data.Code, ".old-1", "half"));
        File.CreateSymbolicLink(Path.Combine(_data.Code, ".old-1", "link"), kept.Folder);
        using var later = NewBuilder();
        Assert.Equal([kept.Folder], Directory.GetFileSystemEntries(_data.Code));
        Assert.True(File.Exists(Path.Combine(kept.Folder, "a")));
    }

    private static FunctionSpec Spec(string digest, string runtime) => new() { Name = "hello", Runtime = runtime, CodeDigest = digest };

    private FunctionBuilder NewBuilder() => new(_bundles, _data, _compiler, _time);

    private async Task<string> SaveAsync(Bundle bundle)
    {
        var packed = bundle.Pack();
        await _bundles.SaveAsync(Bundle.DigestOf(packed), new MemoryStream(packed), 50_000_000, Ct);
        return Bundle.DigestOf(packed);
    }

    private async Task<BuildResult> BuildAsync(Bundle bundle, string runtime) => await _builder.BuildAsync(Spec(await SaveAsync(bundle), runtime), Ct);

    private async Task<BuildException> FailAsync(Bundle bundle, string kind)
    {
        var exception = await Assert.ThrowsAsync<BuildException>(() => BuildAsync(bundle, Runtimes.DotNet));
        Assert.Equal(kind, exception.Kind);
        return exception;
    }

    private sealed class MovableTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan by) => _now += by;
    }
}
