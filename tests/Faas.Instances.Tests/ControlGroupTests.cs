using System.Diagnostics;
using System.Globalization;
using Faas.Instances.Drivers;
using Faas.Instances.Drivers.Docker;

namespace Faas.Instances.Tests;

public sealed class ControlGroupTests
{
    /// <summary>Where systems with version 1 mount version 2 beside it: without controllers, but freezing needs none.</summary>
    private const string Unified = "/sys/fs/cgroup/unified";

    [Fact]
    public async Task Version_2_freezes_and_thaws()
    {
        var root = ControlGroup.IsV2 ? ControlGroup.Root : Unified;
        Assert.SkipUnless(Posix.IsRoot && File.Exists(Path.Combine(root, "cgroup.controllers")), "there is no control group version 2 to write to");
        var folder = Directory.CreateDirectory(Path.Combine(root, "faas-test-" + Guid.NewGuid().ToString("n")[..8])).FullName;
        var group = new ControlGroup(folder, folder, folder, isV2: true);
        using var process = Process.Start(new ProcessStartInfo("sleep", "1000"))!;
        await File.WriteAllTextAsync(Path.Combine(folder, "cgroup.procs"), process.Id.ToString(CultureInfo.InvariantCulture), TestContext.Current.CancellationToken);
        Assert.Equal(FreezeState.Thawed, group.State());
        Assert.True(group.TryFreeze());
        SpinWait.SpinUntil(() => group.State() == FreezeState.Frozen, TestHost.Patience);
        Assert.Equal(FreezeState.Frozen, group.State());
        Assert.True(group.TryThaw());
        Assert.Equal(FreezeState.Thawed, group.State());
        Assert.NotNull(group.CpuTime());
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => File.ReadAllText(Path.Combine(folder, "cgroup.events")).Contains("populated 0", StringComparison.Ordinal), TestHost.Patience);
        Directory.Delete(folder);
    }

    [Fact]
    public void A_group_that_is_gone_answers_all_the_same()
    {
        var group = ControlGroup.At("/faas-test-gone/id");
        Assert.False(group.TryFreeze());
        Assert.False(group.TryThaw());
        Assert.Equal(FreezeState.Thawed, group.State());
        Assert.Null(group.MemoryBytes());
        Assert.Null(group.CpuTime());
    }

    [Fact]
    public void A_container_that_systemd_has_placed_is_found_too()
    {
        Assert.SkipUnless(Posix.IsRoot && Directory.Exists(ControlGroup.SearchRoot), "making control groups takes root");
        var id = Guid.NewGuid().ToString("n") + Guid.NewGuid().ToString("n");
        var slice = Path.Combine(ControlGroup.SearchRoot, "faas-test.slice");
        var scope = Directory.CreateDirectory(Path.Combine(slice, $"docker-{id}.scope"));
        var groups = new ContainerGroups("/faas/elsewhere");
        Assert.Equal(ControlGroup.IsV2 ? null : 0, groups.Find(id)?.MemoryBytes());   // version 2 delegates no controller to a group just made
        Assert.NotNull(groups.Find(id));
        Assert.Null(groups.Find(id.Replace('a', 'b').Replace('1', '2')));
        Assert.Null(groups.Find(""));
        scope.Delete();
        Directory.Delete(slice);
    }
}
