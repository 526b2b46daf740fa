using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Hosting;
using Faas.Controller.Metrics;
using Faas.Storage;

namespace Faas.Controller.Build;

/// <summary>
/// Makes a bundle into a code folder: unpacked, and compiled if it is single-file C#. Each build exists once, named by bundle and
/// compiler, whoever asks for it and however often.
/// </summary>
public sealed class FunctionBuilder : IDisposable
{
    /// <summary>Unpacking writes up to 250 MB; two at a time leave the disk to others.</summary>
    private const int UnpackingMax = 2;

    private readonly BundleStore _bundles;
    private readonly IFunctionCompiler _compiler;
    private readonly TimeProvider _time;
    private readonly CodeFolder _folder;
    private readonly BundleUnpacker _unpacker = new(new BundleLimits());
    private readonly SemaphoreSlim _unpacking = new(UnpackingMax);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<BuildResult>>> _running = new(StringComparer.Ordinal);

    /// <summary>Builds below <c>DataFolder.Code</c>, where it removes what an earlier process did not finish.</summary>
    public FunctionBuilder(BundleStore bundles, DataFolder data, IFunctionCompiler compiler, TimeProvider time)
    {
        _bundles = bundles;
        _compiler = compiler;
        _time = time;
        _folder = new CodeFolder(data.Code, time);
    }

    /// <summary>Counts builds; null for nobody.</summary>
    internal PlatformMetrics? Metrics { get; init; }

    /// <summary>The code of <paramref name="spec"/>, ready to run. Cancelling leaves a build that has begun running, because others may wait for it.</summary>
    /// <exception cref="BuildException">The bundle is missing, refused, or does not compile.</exception>
    public Task<BuildResult> BuildAsync(FunctionSpec spec, CancellationToken ct)
    {
        if (spec.CodeDigest is not { } code)
        {
            return Task.FromResult(new BuildResult("", "", null));
        }

        var isDotNet = spec.Runtime == Runtimes.DotNet;
        var digest = DigestOf(code, isDotNet);
        return _running.GetOrAdd(digest, _ => new Lazy<Task<BuildResult>>(() => Task.Run(() => BuildOnceAsync(code, digest, isDotNet)))).Value.WaitAsync(ct);
    }

    /// <summary>Removes the folders of builds that no revision uses (<see cref="BuildResult.BuildDigest"/>) and that are older than an hour.</summary>
    public Task SweepAsync(IReadOnlySet<string> usedDigests, CancellationToken ct) => Task.Run(() => _folder.Sweep(usedDigests, ct), ct);

    /// <summary>Ends running builds; what they have so far is removed.</summary>
    public void Dispose() => _stopping.Cancel();

    private string DigestOf(string code, bool isDotNet) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{code}\n{(isDotNet ? "dotnet " + _compiler.Identity : "files")}")));

    private async Task<BuildResult> BuildOnceAsync(string code, string digest, bool isDotNet)
    {
        try
        {
            if (_folder.TryUse(digest))
            {
                return new BuildResult(digest, _folder.PathOf(digest), null);
            }

            var unfinished = _folder.CreateUnfinished();
            var began = _time.GetTimestamp();
            var (isGood, isCompiled) = (false, false);
            try
            {
                await UnpackAsync(code, unfinished);
                isCompiled = isDotNet && SourceFolder.Sources(unfinished).Count > 0;
                var compiled = isDotNet ? await CompileAsync(unfinished) : null;
                _folder.Finish(unfinished, digest);
                isGood = true;
                return new BuildResult(digest, _folder.PathOf(digest), compiled);
            }
            finally
            {
                Metrics?.Built(isCompiled, _time.GetElapsedTime(began), isGood);
                if (Directory.Exists(unfinished))
                {
                    Directory.Delete(unfinished, recursive: true);
                }
            }
        }
        finally
        {
            _running.TryRemove(digest, out _);   // who comes now finds the folder, or tries again
        }
    }

    private async Task UnpackAsync(string code, string folder)
    {
        await _unpacking.WaitAsync(_stopping.Token);
        try
        {
            await using var packed = _bundles.Open(code);
            _unpacker.Unpack(packed, code, folder, _stopping.Token);
        }
        catch (BundleException exception)
        {
            throw new BuildException(BuildErrors.InvalidBundle, exception.Message);
        }
        finally
        {
            _unpacking.Release();
        }
    }

    private async Task<TimeSpan?> CompileAsync(string folder)
    {
        if (SourceFolder.Sources(folder) is not { Count: > 0 } sources)
        {
            return null;
        }

        var began = _time.GetTimestamp();
        var function = await _compiler.CompileAsync(sources, _stopping.Token);
        var elapsed = _time.GetElapsedTime(began);
        SourceFolder.Write(folder, function);
        return elapsed;
    }
}
