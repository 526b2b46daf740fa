using System.Diagnostics;
using Faas.Instances.Tests;

[assembly: AssemblyFixture(typeof(RuntimesFixture))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]   // two cores, and containers are slow: in parallel they would only time out

namespace Faas.Instances.Tests;

/// <summary>The workers as they are installed: the scripts of this repository and the published C# worker. Made once for all tests.</summary>
public sealed class RuntimesFixture : IAsyncLifetime
{
    /// <summary>The folder to name in <see cref="InstanceOptions.RuntimesFolder"/>.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("faas-rt-").FullName;

    /// <summary>A compiled C# function that greets.</summary>
    public string DotNetFunction => Path.Combine(Folder, "greeter");

    public async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ED);
        var runtimes = Path.Combine(RepositoryRoot(), "runtimes");
        foreach (var runtime in new[] { "python", "node" })
        {
            if (Directory.Exists(Path.Combine(runtimes, runtime)))
            {
                await RunAsync("cp", "-r", Path.Combine(runtimes, runtime), Path.Combine(Folder, runtime));
            }
        }

        if (Directory.Exists(Path.Combine(runtimes, "dotnet")))
        {
            // SDK 10.0.401 garbles its own command line when the output folder's name is "dotnet", hence the detour.
            var published = Path.Combine(Folder, "published");
            await RunAsync("dotnet", "publish", Path.Combine(runtimes, "dotnet"), "-c", "Release", "-o", published, "-v", "q");
            Directory.Move(published, Path.Combine(Folder, "dotnet"));
            await BuildGreeterAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task BuildGreeterAsync()
    {
        var source = Directory.CreateDirectory(Path.Combine(Folder, "greeter-source")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "greeter.csproj"), """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");
        await File.WriteAllTextAsync(Path.Combine(source, "Greeter.cs"), """
            public record Ask(string Name);
            public record Answer(string Hello);
            public static class Greeter { public static Answer Handle(Ask ask) => new(ask.Name); }
            """);
        await RunAsync("dotnet", "build", source, "-c", "Release", "-o", DotNetFunction, "-v", "q");
    }

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
    }
}
