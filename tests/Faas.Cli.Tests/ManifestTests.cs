using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ManifestTests() => _folder.Write("hello/handler.py", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_setting_is_read()
    {
        var function = Assert.Single(Read("""
            functions:
              hello:
                runtime: python
                handler: handler.main
                source: ./hello
                memory: 1GiB
                cpu: 0.5
                timeout: 1m30s
                concurrency: 4
                minInstances: 1
                minActive: 2
                maxInstances: 20
                keepAlive: 30s
                freeze: false
                warm:
                - {from: "0 8 * * MON-FRI", for: 10h, timeZone: Europe/Berlin, instances: 2}
                - from: 30 3 1 * *
                  for: 1h30m
                env: {LEVEL: debug, PORTS: 80}
                network: none
            """));
        var spec = function.Spec;
        Assert.Equal(("hello", "python", "handler.main"), (spec.Name, spec.Runtime, spec.Handler));
        Assert.Equal((1024, 0.5, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(30)), (spec.MemoryMiB, spec.Cpu, spec.Timeout, spec.KeepAlive));
        Assert.Equal((4, 1, 20, NetworkKind.None), (spec.Concurrency, spec.MinInstances, spec.MaxInstances, spec.Network));
        Assert.Equal((2, false), (spec.MinActive, spec.Freeze));
        Assert.Equal(
            [
                new WarmWindow { Cron = "0 8 * * MON-FRI", For = TimeSpan.FromHours(10), TimeZone = "Europe/Berlin", Instances = 2 },
                new WarmWindow { Cron = "30 3 1 * *", For = TimeSpan.FromMinutes(90) },
            ],
            spec.Warm);
        Assert.Equal("80", spec.Env["PORTS"]);
        Assert.Equal(_folder["hello"], function.Source);
    }

    [Fact]
    public void A_command_may_be_a_list_or_one_line_and_http_functions_have_more_slots()
    {
        _folder.Write("a/app.py", "");
        _folder.Write("b/app.py", "");
        var functions = Read("""
            functions:
              a:
                runtime: http
                command: [python3, app.py]
              b:
                runtime: http
                command: python3 app.py --title 'two words'
              c:
                runtime: http
                image: nginx:1.27
                concurrency: 2
            """);
        Assert.Equal(["python3", "app.py"], functions[0].Spec.Command);
        Assert.Equal(["python3", "app.py", "--title", "two words"], functions[1].Spec.Command);
        Assert.Equal((32, 2), (functions[0].Spec.Concurrency, functions[2].Spec.Concurrency));
        Assert.Null(functions[2].Source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("    keepAlive: learned\n    freeze: true\n")]
    public void Keep_alive_is_learned_and_idle_instances_are_frozen_unless_the_manifest_says_otherwise(string settings)
    {
        var spec = Assert.Single(Read("functions:\n  hello:\n    runtime: python\n" + settings)).Spec;
        Assert.Equal((null, true, 0), (spec.KeepAlive, spec.Freeze, spec.MinActive));
        Assert.Empty(spec.Warm);
    }

    [Fact]
    public void One_warm_window_needs_no_list()
    {
        var spec = Assert.Single(Read("functions:\n  hello:\n    runtime: python\n    warm: {from: 0 8 * * *, for: 1h}\n")).Spec;
        Assert.Equal(new WarmWindow { Cron = "0 8 * * *", For = TimeSpan.FromHours(1), TimeZone = "UTC", Instances = 1 }, Assert.Single(spec.Warm));
    }

    [Theory]
    [InlineData("keepAlive: forever", 4, 16, "'keepAlive' must be a duration like 5m or 30s, or 'learned', not 'forever'")]
    [InlineData("keepAlive: 0s", 4, 5, "must be 1s to 24h")]
    [InlineData("minActive: 11", 4, 5, "minActive: was 11; must be 0 to maxInstances (10)")]
    [InlineData("freeze: yes", 4, 13, "'freeze' must be 'true' or 'false', not 'yes'")]
    [InlineData("warm: 8-18", 4, 11, "'warm' must be one or several windows, like {from:")]
    [InlineData("warm: [8-18]", 4, 12, "a warm window must be written like {from:")]
    [InlineData("warm: {from: 0 8 * * *}", 4, 11, "the warm window has no 'for'; write it like")]
    [InlineData("warm: {}", 4, 11, "has no 'from' and no 'for'")]
    [InlineData("warm: {from: 0 8 * * *, for: 10}", 4, 34, "'for' must be a duration like 10h or 30m, not '10'")]
    [InlineData("warm: {from: 0 8 * * *, for: 10h, instances: many}", 4, 50, "'instances' must be a whole number")]
    [InlineData("warm: {from: 0 8 * * *, for: 10h, time-zone: UTC}", 4, 39, "unknown setting of a warm window 'time-zone'; did you mean 'timeZone'?")]
    [InlineData("warm: {from: 0 8 * *, for: 10h}", 4, 11, "warm: '0 8 * *' is not a cron expression")]
    [InlineData("warm:\n    - {from: 0 8 * * *, for: 10h}\n    - {from: 0 8 * * *, for: 30s}", 6, 7, "warm: 'for' was 00:00:30; must be 1m to 7d")]
    [InlineData("warm:\n    - from: 0 8 * * *\n      for: 10h\n      timeZone: Europe/Berlim", 5, 7, "'Europe/Berlim' is not a time zone")]
    [InlineData("warm:\n    - {from: 0 8 * * *, for: 10h, instances: 11}", 5, 7, "must be 1 to maxInstances (10)")]
    public void A_mistake_in_a_scaling_setting_is_reported_where_it_is(string settings, int line, int column, string message)
    {
        var problem = Assert.Single(Problems($"functions:\n  hello:\n    runtime: python\n    {settings}\n"));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (problem.Line, problem.Column));
    }

    [Fact]
    public void More_than_sixteen_warm_windows_are_refused_at_their_key()
    {
        var windows = string.Concat(Enumerable.Repeat("    - {from: 0 8 * * *, for: 10h}\n", 17));
        var problem = Assert.Single(Problems("functions:\n  hello:\n    runtime: python\n    warm:\n" + windows));
        Assert.Equal((4, 5, "warm: has 17 windows; must have at most 16"), (problem.Line, problem.Column, problem.Message));
    }

    [Theory]
    [InlineData("functions:\n  hello:\n    runtime: python\n   memory: 1\n", 4, 0, "not valid YAML")]
    [InlineData("functions:\n  hello: {runtime: python\n", 0, 0, "not valid YAML")]
    [InlineData("functions:\n  hello:\n    runtime: python\n  hello:\n    runtime: node\n", 4, 3, "not valid YAML")]
    [InlineData("", 1, 1, "empty")]
    [InlineData("- a\n", 1, 1, "begins with 'functions:'")]
    [InlineData("function:\n  hello: {}\n", 1, 1, "did you mean 'functions'?")]
    [InlineData("functions: 3\n", 1, 12, "one entry for each function")]
    [InlineData("functions:\n  hello:\n", 2, 3, "needs settings")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    memroy: 1\n", 4, 5, "did you mean 'memory'?")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    min-instances: 1\n", 4, 5, "did you mean 'minInstances'?")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    zzz: 1\n", 4, 5, "unknown setting 'zzz'; known are runtime")]
    [InlineData("functions:\n  hello:\n    runtime: pyton\n", 3, 5, "did you mean 'python'?")]
    [InlineData("functions:\n  hello:\n    memory: 256\n", 2, 3, "has no runtime")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    memory: lots\n", 4, 13, "'memory' must be a size like 256MiB or 1GiB, not 'lots'")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    memory: [1]\n", 4, 13, "'memory' must be a size")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    memory: 1\n", 4, 5, "memory: was 1 MiB; must be 64")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    timeout: 30\n", 4, 14, "'timeout' must be a duration")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    cpu: -1\n", 4, 10, "'cpu' must be a number")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    concurrency: 0\n", 4, 5, "must be 1 to 1,000")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    maxInstances: many\n", 4, 19, "must be a whole number, not 'many'")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    minInstances: 11\n", 4, 5, "must be 0 to maxInstances (10)")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    network: internet\n", 4, 14, "'egress' or 'none'")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    env: A=1\n", 4, 10, "'env' must be names and values")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    env:\n      FAAS_X: 1\n", 4, 5, "set by the platform")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    source: ./gone\n", 4, 5, "does not exist")]
    [InlineData("functions:\n  other:\n    runtime: python\n", 2, 3, "there is no folder './other'")]
    [InlineData("functions:\n  Hello_World:\n    runtime: python\n", 2, 3, "name: must be 1 to 63")]
    [InlineData("functions:\n  ../../etc:\n    runtime: python\n", 2, 3, "name: must be 1 to 63")]
    [InlineData("functions:\n  hello:\n    runtime: http\n", 2, 3, "needs either a command or an image")]
    [InlineData("functions:\n  hello:\n    runtime: http\n    command: python3 'app.py\n", 4, 14, "quote that is not closed")]
    [InlineData("functions:\n  hello:\n    runtime: http\n    command: {a: b}\n", 4, 14, "'command' must be a list of words")]
    [InlineData("functions:\n  hello:\n    runtime: python\n    command: [x]\n", 4, 5, "only functions with 'runtime: http'")]
    public void A_mistake_is_reported_with_its_line_and_column(string manifest, int line, int column, string message)
    {
        var problem = Assert.Single(Problems(manifest));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.True(line == 0 || problem.Line == line, problem.ToString());
        Assert.True(column == 0 || problem.Column == column, problem.ToString());
        Assert.StartsWith($"faas.yaml:{problem.Line}:{problem.Column}: ", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_in_the_order_of_their_lines()
    {
        var problems = Problems("functions:\n  hello:\n    runtime: python\n    cpu: x\n    memory: y\n  other:\n    runtime: node\n");
        Assert.Equal([4, 5, 6], problems.Select(problem => problem.Line));
    }

    [Fact]
    public void A_name_of_ten_thousand_characters_is_refused_with_a_short_message()
    {
        var problem = Assert.Single(Problems($"functions:\n  {new string('a', 1000)}:\n    runtime: python\n"));
        Assert.True(problem.ToString().Length < 300, problem.ToString());
        Assert.NotEmpty(Problems($"functions:\n  {new string('a', 10_000)}:\n    runtime: python\n"));
    }

    [Fact]
    public void Nesting_without_end_is_refused_and_does_not_end_the_process() =>
        Assert.NotEmpty(Problems("functions: " + new string('[', 50_000)));

    [Fact]
    public void A_folder_without_a_manifest_says_how_to_make_one()
    {
        var error = Assert.Throws<CliException>(() => ManifestFile.Load(_folder.Path));
        Assert.Equal(ExitCode.NotFound, error.ExitCode);
        Assert.Contains("faas init", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("30", null)]
    [InlineData("-1s", null)]
    [InlineData("1x", null)]
    [InlineData("", null)]
    [InlineData("99999999999d", null)]
    public void Durations_need_a_unit(string text, int? milliseconds)
    {
        Assert.Equal(milliseconds is not null, Quantities.TryParseDuration(text, out var duration));
        Assert.Equal(milliseconds ?? 0, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("256", 256)]
    [InlineData("256MiB", 256)]
    [InlineData("256 mb", 244)]
    [InlineData("1.5GiB", 1536)]
    [InlineData("1e9", null)]
    [InlineData("99999999999GiB", null)]
    [InlineData("MiB", null)]
    public void Sizes_are_MiB_unless_they_say_otherwise(string text, int? mib)
    {
        Assert.Equal(mib is not null, Quantities.TryParseMiB(text, out var size));
        Assert.Equal(mib ?? 0, size);
    }

    [Theory]
    [InlineData("a b  c", "a|b|c")]
    [InlineData("a 'b c' \"d e\"", "a|b c|d e")]
    [InlineData("a\\ b", "a b")]
    [InlineData("'a\"b' \"c'd\"", "a\"b|c'd")]
    [InlineData("\"a\\\"b\" ''", "a\"b|")]
    public void A_command_line_is_split_as_a_shell_would(string line, string words) => Assert.Equal(words.Split('|'), ShellWords.Split(line));

    private IReadOnlyList<ManifestFunction> Read(string manifest)
    {
        var (functions, problems) = ManifestReader.Read("faas.yaml", _folder.Path, manifest);
        Assert.Empty(problems);
        return functions;
    }

    private IReadOnlyList<ManifestProblem> Problems(string manifest) => ManifestReader.Read("faas.yaml", _folder.Path, manifest).Problems;
}
