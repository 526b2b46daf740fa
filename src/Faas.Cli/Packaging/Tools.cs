namespace Faas.Cli.Packaging;

/// <summary>How pip, npm and dotnet are called.</summary>
internal static class Tools
{
    public static async Task PipInstallAsync(string staging, CancellationToken cancellationToken)
    {
        const string howToGet = "Python functions with a requirements.txt need Python 3 with pip on the machine that deploys (Debian: apt install python3-pip).";
        await ToolRunner.RunAsync("python3", ["-m", "pip", "--version"], staging, howToGet, cancellationToken);
        await ToolRunner.RunAsync(
            "python3",
            ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile", "--quiet", "--target", ".deps", "-r", "requirements.txt"],
            staging, howToGet, cancellationToken);
    }

    public static Task NpmInstallAsync(string staging, CancellationToken cancellationToken)
    {
        // `npm ci` insists on a lock file, and with one it installs exactly what was tested.
        var isLocked = File.Exists(Path.Combine(staging, "package-lock.json")) || File.Exists(Path.Combine(staging, "npm-shrinkwrap.json"));
        string[] flags = ["--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
        return ToolRunner.RunAsync(
            "npm", [isLocked ? "ci" : "install", .. flags], staging,
            "Node functions with dependencies need npm on the machine that deploys (Debian: apt install npm).", cancellationToken);
    }

    /// <summary>Publishes; <paramref name="sdkPath"/> is the function SDK's assembly, for projects that refer to it as <c>$(FaasSdk)</c>.</summary>
    public static Task PublishAsync(string project, string output, string? sdkPath, CancellationToken cancellationToken)
    {
        // No build servers: they would outlive this command.
        string[] arguments =
        [
            "publish", project, "-c", "Release", "-o", output, "--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false",
            "-p:UseAppHost=false", "--self-contained", "false", .. sdkPath is null ? Array.Empty<string>() : ["-p:FaasSdk=" + sdkPath],
        ];
        return ToolRunner.RunAsync("dotnet", arguments, Path.GetDirectoryName(project)!, "C# projects need the .NET SDK on the machine that deploys.", cancellationToken);
    }
}
