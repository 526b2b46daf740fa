namespace Faas.EndToEnd.Tests.Running;

/// <summary>An image of a Python program. There is no registry to pull from, so it is the platform's own image for Python with other files and another command.</summary>
internal sealed class TestImage : IAsyncDisposable
{
    private TestImage(string name) => Name = name;

    public string Name { get; }

    /// <summary>Makes it; the files are in <c>/app</c>, in which the command runs.</summary>
    public static async Task<TestImage> BuildAsync(Platform platform, string command, params (string Name, string Text)[] files)
    {
        await platform.CallAsync("hello").TextAsync();   // a Python function runs, so the image exists
        var images = DockerEngine.Lines(await DockerEngine.RunAsync("images", "faas-host", "--format", "{{.Repository}}:{{.Tag}}")).ToList();
        Assert.NotEmpty(images);
        var source = images.FirstOrDefault(name => name.Contains("python", StringComparison.Ordinal)) ?? images[0];
        var image = $"faas-e2e-{Guid.NewGuid():n}"[..20];
        var container = await DockerEngine.RunAsync("create", "--label", "faas.e2e", source, "true");
        var folder = Directory.CreateTempSubdirectory("faas-e2e-image");
        try
        {
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);   // whoever the program runs as
            foreach (var (name, text) in files)
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text, TestContext.Current.CancellationToken);
            }

            await DockerEngine.RunAsync("cp", folder.FullName, $"{container}:/app");
            await DockerEngine.RunAsync("commit", "--change", "WORKDIR /app", "--change", $"CMD {command}", container, image);
        }
        finally
        {
            folder.Delete(recursive: true);
            await DockerEngine.RunAsync("rm", "-f", container);
        }

        return new TestImage(image);
    }

    /// <summary>Removes it, once nothing runs on it any more.</summary>
    public async ValueTask DisposeAsync() =>
        await Eventually.HoldsAsync("the image is not in use", async () => (await Command.RunAsync("docker", ["rmi", "-f", Name])).ExitCode == 0);
}
