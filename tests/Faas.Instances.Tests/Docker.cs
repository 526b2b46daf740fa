using System.Diagnostics;

namespace Faas.Instances.Tests;

/// <summary>The engine as an outsider sees it, through its own command line.</summary>
internal static class Docker
{
    /// <summary>The engine's socket: DOCKER_HOST's, else the usual one.</summary>
    public static string Socket { get; } = Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith("unix://", StringComparison.Ordinal)
        ? host["unix://".Length..]
        : "/var/run/docker.sock";

    /// <summary>Skips tests of a sandbox that this machine does not have, unless skips are forbidden.</summary>
    public static void SkipUnlessPossible(string sandbox)
    {
        if (sandbox != "docker" || Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("FAAS_NO_SKIPS") == "1")
        {
            return;
        }

        Assert.SkipUnless(File.Exists(Socket), $"Docker does not run here: there is no {Socket}");
    }

    /// <summary>Skips tests of limits where only root could set them.</summary>
    public static void SkipUnlessLimited(string sandbox) => Assert.SkipUnless(Posix.IsRoot || sandbox == "docker", "limits of processes take root");

    public static async Task<string> RunAsync(params string[] arguments) => (await Shell.RunAsync("docker", arguments)).Trim();

    /// <summary>Names of containers with the label <c>faas.node</c>, any node's.</summary>
    public static async Task<string[]> ContainersOfAsync(string instancesFolder)
    {
        var ids = await RunAsync("ps", "-aq", "--filter", "label=faas.node");
        var found = new List<string>();
        foreach (var id in ids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if ((await RunAsync("inspect", "-f", "{{json .HostConfig.Binds}}", id)).Contains(instancesFolder, StringComparison.Ordinal))
            {
                found.Add(id);
            }
        }

        return [.. found];
    }
}

/// <summary>Runs a program to its end.</summary>
internal static class Shell
{
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await errors}");
        return await output;
    }
}
