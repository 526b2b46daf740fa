using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>
/// What is measured of an invocation, in each language: CPU time by the function's own clock, which a busy machine does not change, and the peak of its memory.
/// </summary>
public abstract class MeasuredTests(SharedPlatform shared) : PlatformTests(shared)
{
    /// <summary>What the worker does around a handler, and the kernel's own bookkeeping.</summary>
    private const double AroundMs = 2;

    private const int Calls = 8;
    private const string HttpBurner = "burn_http.py";

    /// <summary>The files of a program that serves HTTP itself.</summary>
    protected static (string Name, string Text)[] HttpFiles => [("server.py", Repository.Function(HttpBurner)), ("burn.py", Repository.Function("burn.py"))];

    [Theory]
    [InlineData("burn.py", "ms=200")]
    [InlineData("burn.js", "ms=200")]
    [InlineData("Burn.cs", "ms=200")]
    [InlineData("burn_http.py", "ms=200")]
    [InlineData("burn.py", "ms=200&thread=1")]
    [InlineData("burn.js", "ms=200&thread=1")]
    [InlineData("Burn.cs", "ms=200&thread=1")]
    [InlineData("burn_http.py", "ms=200&thread=1")]
    [InlineData("burn.py", "ms=50&wait=200")]
    [InlineData("burn.js", "ms=50&wait=200")]
    [InlineData("Burn.cs", "ms=50&wait=200")]
    [InlineData("burn_http.py", "ms=50&wait=200")]
    public async Task Cpu_time_is_what_the_function_used_within_a_twentieth(string file, string query)
    {
        var name = await DeployAsync(file);
        await AssertWithinATwentiethAsync(name, query);
    }

    [Theory]
    [InlineData("burn.py")]
    [InlineData("burn.js")]
    [InlineData("Burn.cs")]
    [InlineData("burn_http.py")]
    public async Task Waiting_costs_no_cpu_time(string file)
    {
        var name = await DeployAsync(file);
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < Calls && least > TimeSpan.FromMilliseconds(30); i++)
        {
            var (record, _) = await BurnAsync(name, "wait=300");
            Assert.True(record.Run.TotalMilliseconds >= 299, $"{record.Run}");
            least = record.Cpu < least ? record.Cpu : least;
        }

        Assert.InRange(least.TotalMilliseconds, 0.001, 30);
    }

    [Theory]
    [InlineData("burn.py")]
    [InlineData("burn.js")]
    [InlineData("Burn.cs")]
    [InlineData("burn_http.py")]
    public async Task What_runs_at_the_same_time_has_together_what_the_instance_used(string file)
    {
        var name = await DeployAsync(file, concurrency: 4);
        await BurnAsync(name, "ms=20");
        var used = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => BurnAsync(name, "ms=100")));

        // A process's own clock counts the others, too; the least that anybody burned is what each was asked for, and the records may not have more than all of it together.
        var measured = used.Sum(one => one.Record.Cpu.TotalMilliseconds);
        Assert.InRange(measured, 0.95 * (IsPython(file) ? 400 : 100), (1.05 * used.Sum(one => one.BurnedMs)) + (4 * AroundMs));
    }

    [Theory]
    [InlineData("burn.py")]
    [InlineData("burn.js")]
    [InlineData("Burn.cs")]
    [InlineData("burn_http.py")]
    public async Task The_peak_is_of_the_invocation_and_not_of_one_before(string file)
    {
        var name = await DeployAsync(file);
        var before = (await BurnAsync(name, "wait=5")).Record.PeakKiB;
        var large = (await BurnAsync(name, "mib=40&wait=5")).Record.PeakKiB;
        Assert.InRange(large, before + (36 * 1024), 256 * 1024);
        if (IsPython(file))   // The others' collectors keep what they had.
        {
            Assert.InRange((await BurnAsync(name, "wait=5")).Record.PeakKiB, before / 2, before + (8 * 1024));
        }
    }

    [Theory]
    [InlineData("burn.py")]
    [InlineData("burn.js")]
    [InlineData("Burn.cs")]
    [InlineData("burn_http.py")]
    public async Task A_long_answer_is_measured_like_a_short_one(string file)
    {
        var name = await DeployAsync(file);
        Assert.True((await BurnAsync(name, "ms=100&pad=300000")).Record.BytesOut > 300_000);
        await AssertWithinATwentiethAsync(name, "ms=100&pad=300000", 5 * AroundMs);   // what it takes to send it
    }

    /// <summary>
    /// Never less than was burned. What the process did beside it comes on top, in the first calls above all a compiler's work, so one of some calls must be free of that.
    /// </summary>
    protected async Task AssertWithinATwentiethAsync(string name, string query, double aroundMs = AroundMs)
    {
        var excess = double.MaxValue;
        for (var i = 0; i < Calls && excess > 0; i++)
        {
            var (record, burned) = await BurnAsync(name, query);
            Assert.InRange(record.Cpu.TotalMilliseconds, burned * 0.95, double.MaxValue);
            excess = Math.Min(excess, record.Cpu.TotalMilliseconds - (burned * 1.05) - aroundMs);
        }

        Assert.True(excess <= 0, $"at least {excess:0.0} ms more than a twentieth");
    }

    private static bool IsPython(string file) => Path.GetExtension(file) == ".py";

    private async Task<string> DeployAsync(string file, int concurrency = 1)
    {
        var name = $"{Path.ChangeExtension(file, null).ToLowerInvariant().Replace('_', '-')}-{Path.GetExtension(file)[1..]}-{concurrency}";
        if (file == HttpBurner)
        {
            var spec = new FunctionSpec { Name = name, Runtime = Runtimes.Http, Command = ["python3", "server.py"], MemoryMiB = 256, Concurrency = concurrency, MaxInstances = 1 };
            await Admin.DeployAsync(spec, Bundle.Of(HttpFiles));
            return name;
        }

        await Platform.DeployAsync(name, file, spec => spec with { MemoryMiB = 256, Concurrency = concurrency, MaxInstances = 1 });
        return name;
    }

    private async Task<(UsageRecord Record, double BurnedMs)> BurnAsync(string name, string query)
    {
        var id = TestFunctions.NewName("burn");
        var answer = JsonSerializer.Deserialize<JsonElement>(await Platform.CallAsync($"{name}?{query}", callId: id).TextAsync());
        return (await Admin.RecordAsync(id), answer.GetProperty("cpuMs").GetDouble());
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class MeasuredInProcesses(ProcessPlatform platform) : MeasuredTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class MeasuredInContainers(DockerPlatform platform) : MeasuredTests(platform)
{
    [Fact]
    public async Task Cpu_time_of_an_image_is_what_its_program_used_within_a_twentieth()
    {
        await using var image = await TestImage.BuildAsync(Platform, """["python3", "server.py"]""", HttpFiles);
        await Admin.DeployAsync(new FunctionSpec { Name = "burn-image", Runtime = Runtimes.Http, Image = image.Name, MaxInstances = 1 }, null);
        await AssertWithinATwentiethAsync("burn-image", "ms=200");
        using var deleted = await Admin.DeleteAsync("burn-image");
        Assert.True(deleted.IsSuccessStatusCode);
    }
}
