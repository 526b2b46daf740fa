using Faas.Gateway.Metering;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Metering;

/// <summary>What a control group's files say and how it is shared, with files that look like the kernel's; the end-to-end tests read the kernel's own.</summary>
public sealed class InstanceMeterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("faas-meter").FullName;
    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_has_what_the_group_used_while_it_ran(int version)
    {
        Used(version, micros: 1000);
        using var meter = Open();
        Used(version, micros: 5000);   // while nothing ran
        var run = meter.Begin();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Used(version, micros: 45_000);
        Assert.Equal(40_000u, meter.End(run).CpuMicros);
    }

    [Fact]
    public void Those_that_run_at_the_same_time_share_evenly()
    {
        Used(2, micros: 0);
        using var meter = Open();
        var first = meter.Begin();
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Used(2, micros: 10_000);
        var second = meter.Begin();
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Used(2, micros: 30_000);
        Assert.Equal(20_000u, meter.End(first).CpuMicros);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Used(2, micros: 31_000);
        Assert.Equal(11_000u, meter.End(second).CpuMicros);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_peak_is_without_cached_files_and_counted_anew_for_each(int version)
    {
        Used(version, micros: 0, peakBytes: 50 << 20, cachedBytes: 20 << 20);
        using var meter = Open();
        var run = meter.Begin();
        Assert.StartsWith("0", File.ReadAllText(PeakFile(version)), StringComparison.Ordinal);   // which the kernel takes for: forget it
        Used(version, micros: 0, peakBytes: 30 << 20, cachedBytes: 20 << 20);
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(10u << 10, meter.End(run).PeakKiB);
    }

    [Fact]
    public void What_is_brief_has_the_peak_of_the_last_milliseconds()
    {
        Used(2, micros: 0, peakBytes: 50 << 20);
        using var meter = Open();
        Run(TimeSpan.FromMilliseconds(2));
        Used(2, micros: 0, peakBytes: 60 << 20);
        Assert.Equal(50u << 10, Run(TimeSpan.FromMilliseconds(0.5)).PeakKiB);
        _clock.Advance(TimeSpan.FromMilliseconds(5));
        Used(2, micros: 0, peakBytes: 60 << 20);
        var run = meter.Begin();
        Used(2, micros: 0, peakBytes: 70 << 20);
        Assert.Equal(70u << 10, meter.End(run).PeakKiB);

        (uint CpuMicros, uint PeakKiB) Run(TimeSpan time)
        {
            var run = meter.Begin();
            Used(2, micros: 0, peakBytes: 50 << 20);
            _clock.Advance(time);
            return meter.End(run);
        }
    }

    [Fact]
    public void Before_the_kernel_tells_a_peak_the_memory_at_the_end_is_taken()
    {
        Write("cpu.stat", "usage_usec 0\n");
        Write("memory.current", $"{12 << 20}\n");
        using var meter = Open();
        Assert.Equal(12u << 10, meter.End(meter.Begin()).PeakKiB);
    }

    [Fact]
    public void A_group_that_is_gone_costs_nothing_more_and_one_that_never_was_has_no_meter()
    {
        Used(2, micros: 1000);
        using var meter = Open();
        var run = meter.Begin();
        File.WriteAllText(Path.Combine(_folder, "cpu.stat"), "");   // as a read of a group that was removed gives nothing
        Assert.Equal(1u, meter.End(run).CpuMicros);
        Assert.Null(InstanceMeter.TryOpen(new GroupFolders("/nonexistent", "/nonexistent"), _clock));
        Assert.Null(InstanceMeter.TryOpen(default, _clock));
    }

    [Fact]
    public void What_runs_when_it_is_closed_is_measured_to_its_end()
    {
        Used(2, micros: 0);
        var meter = Open();
        var run = meter.Begin();
        meter.Dispose();
        Used(2, micros: 7000);
        Assert.Equal(7000u, meter.End(run).CpuMicros);
        Assert.Equal(1u, meter.End(meter.Begin()).CpuMicros);   // one that came too late
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private InstanceMeter Open() => InstanceMeter.TryOpen(new GroupFolders(_folder, _folder), _clock)!;

    private string PeakFile(int version) => Path.Combine(_folder, version == 1 ? "memory.max_usage_in_bytes" : "memory.peak");

    private void Used(int version, long micros, long peakBytes = 1 << 20, long cachedBytes = 0)
    {
        File.WriteAllText(PeakFile(version), $"{peakBytes}\n");
        if (version == 1)
        {
            Write("cpuacct.usage", $"{micros * 1000}\n");
            Write("memory.stat", $"cache 77\ninactive_file 1\ntotal_cache 77\ntotal_inactive_file {cachedBytes}\ntotal_active_file 5\n");
        }
        else
        {
            Write("cpu.stat", $"usage_usec {micros}\nuser_usec 1\nsystem_usec 2\n");
            Write("memory.stat", $"anon 77\ntotal_inactive_file 1\ninactive_file {cachedBytes}\nactive_file 5\n");
        }
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}
