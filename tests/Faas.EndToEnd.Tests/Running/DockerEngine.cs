namespace Faas.EndToEnd.Tests.Running;

/// <summary>The Docker engine that the tests may use, through its own CLI.</summary>
internal static class DockerEngine
{
    private static readonly Lazy<Task<bool>> Answers = new(async () =>
    {
        try
        {
            return (await Command.RunAsync("docker", ["version", "--format", "{{.Server.Version}}"])).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;   // No docker CLI.
        }
    });

    /// <summary>The engine's socket on the host.</summary>
    public static string Socket =>
        Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host.Replace("unix://", "", StringComparison.Ordinal) : "/var/run/docker.sock";

    public static Task<bool> IsAvailableAsync() => Answers.Value;

    public static async Task RequireAsync() =>
        Assert.SkipUnless(await IsAvailableAsync(), "no Docker engine answers; tests/run.sh starts one as root where docker.io is installed");

    public static async Task<string> RunAsync(params string[] arguments) => (await Command.RunAsync("docker", arguments)).Succeeded().Output.Trim();

    /// <summary>Ids of containers that belong to the platform with this data folder: it is among what they mount, or in their labels.</summary>
    public static async Task<IReadOnlyList<string>> ContainersOfAsync(string folder)
    {
        var found = new List<string>();
        foreach (var id in Lines(await RunAsync("ps", "-aq", "--filter", "label=faas.node")))
        {
            var inspected = await Command.RunAsync("docker", ["inspect", id]);   // It may be gone by now.
            if (inspected.ExitCode == 0 && inspected.Output.Contains(folder, StringComparison.Ordinal))
            {
                found.Add(id);
            }
        }

        return found;
    }

    public static async Task<IReadOnlySet<string>> NetworksAsync() =>
        Lines(await RunAsync("network", "ls", "-q", "--filter", "label=faas.node")).ToHashSet();

    public static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
