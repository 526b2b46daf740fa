using System.Collections.Concurrent;
using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;

namespace Faas.Cli.Packaging;

/// <summary>From a source to a bundle: prepares it with pip, npm or dotnet where it needs that, and packs it. Cached by content.</summary>
internal sealed class Packager(PackageCache cache, BundleLimits limits, string? sdkPath, TimeProvider time) : IDisposable
{
    /// <summary>Functions that share a source share its bundle.</summary>
    private readonly ConcurrentDictionary<(string Source, PreparationKind Kind), Lazy<Task<Bundle>>> _packed = new();

    /// <summary>One tool at a time: each uses all cores itself, and two builds of projects that share a third one would collide.</summary>
    private readonly SemaphoreSlim _oneTool = new(1);

    private readonly ConcurrentBag<string> _temporary = [];

    /// <summary>The function's bundle. <paramref name="progress"/> is told which tool runs, when one does.</summary>
    public Task<Bundle> PackAsync(ManifestFunction function, Action<string> progress, CancellationToken cancellationToken)
    {
        var source = function.Source!;
        var preparation = Preparation.For(function.Spec, source);
        return _packed.GetOrAdd((source, preparation.Kind), _ => new Lazy<Task<Bundle>>(() => preparation.Kind == PreparationKind.None
            ? PackAsItIsAsync(function, cancellationToken)
            : PrepareAsync(function, preparation, progress, cancellationToken))).Value;
    }

    /// <summary>Forgets what was packed, and deletes it: changed sources are packed again. Not while a deploy is under way.</summary>
    public void Forget()
    {
        _packed.Clear();
        while (_temporary.TryTake(out var path))
        {
            File.Delete(path);
        }
    }

    public void Dispose()
    {
        Forget();
        _oneTool.Dispose();
    }

    private async Task<Bundle> PackAsItIsAsync(ManifestFunction function, CancellationToken cancellationToken)
    {
        var files = SourceTree.List(function.Source!, Preparation.ExcludedFolders(function.Spec, PreparationKind.None));
        RefuseEmpty(files, function.Source!);
        return await PackTemporaryAsync(files, cancellationToken);
    }

    private async Task<Bundle> PrepareAsync(ManifestFunction function, Preparation preparation, Action<string> progress, CancellationToken cancellationToken)
    {
        var source = function.Source!;
        var inputs = preparation.Kind == PreparationKind.DotNet
            ? ProjectInputs.List(preparation.ProjectFile!)
            : SourceTree.List(source, Preparation.ExcludedFolders(function.Spec, preparation.Kind));
        var fingerprint = await PackageCache.FingerprintAsync([preparation.Kind.ToString(), "1"], inputs, cancellationToken);
        if (await cache.FindAsync(fingerprint, time, cancellationToken) is { } known)
        {
            return known;
        }

        await _oneTool.WaitAsync(cancellationToken);
        var staging = cache.CreateStaging();
        try
        {
            await RunToolAsync(preparation, inputs, staging, progress, cancellationToken);
            var files = SourceTree.List(staging);
            RefuseEmpty(files, source);
            return cache.Keep(fingerprint, await PackTemporaryAsync(files, cancellationToken));
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
            _oneTool.Release();
        }
    }

    private Task RunToolAsync(
        Preparation preparation, IReadOnlyList<SourceFile> inputs, string staging, Action<string> progress, CancellationToken cancellationToken)
    {
        switch (preparation.Kind)
        {
            case PreparationKind.DotNet:
                progress("dotnet publish");
                return Tools.PublishAsync(preparation.ProjectFile!, staging, sdkPath, cancellationToken);
            case PreparationKind.Npm:
                progress("npm install");
                Staging.Copy(inputs, staging);
                return Tools.NpmInstallAsync(staging, cancellationToken);
            default:
                progress("pip install");
                Staging.Copy(inputs, staging);
                return Tools.PipInstallAsync(staging, cancellationToken);
        }
    }

    private async Task<Bundle> PackTemporaryAsync(IReadOnlyList<SourceFile> files, CancellationToken cancellationToken)
    {
        var target = Path.Combine(Path.GetTempPath(), $"faas-bundle-{Guid.NewGuid():N}.tar.gz");
        _temporary.Add(target);
        return await BundlePacker.PackAsync(files, target, limits, cancellationToken);
    }

    private static void RefuseEmpty(IReadOnlyList<SourceFile> files, string source)
    {
        if (files.Count == 0)
        {
            throw new CliException(ExitCode.Refused, $"{source} has no files to deploy (a {IgnoreRules.FileName} may leave them all out).");
        }
    }
}
