using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Deployment;
using Faas.Cli.Manifest;
using Faas.Cli.Output;
using Faas.Cli.Packaging;
using Faas.Cli.Supervision;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas up</c>: the whole platform in the foreground of one command.</summary>
internal static class UpVerb
{
    /// <summary>The gateway dials the controller again and again until it listens; this is how long that may take before deploys begin.</summary>
    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LinkInterval = TimeSpan.FromMilliseconds(50);

    private static readonly Argument<string?> ManifestPath = new("PATH") { Description = "Folder with a faas.yaml, or the file itself, to deploy [default: the one here, if there is one]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string> Listen = new("--listen") { HelpName = "URL", Description = "Where callers invoke functions; port 0 takes a free one", DefaultValueFactory = _ => PlatformAddress.DefaultListenUrl };

    private static readonly Option<string> Sandbox = CreateSandbox();

    private static readonly Option<bool> Watch = new("--watch", "-w") { Description = "Deploy again when a source or the manifest changes" };

    private static readonly Option<int?> Stems = new Option<int?>("--stems")
    {
        HelpName = "N", Description = "Stems (started, generic instances) kept ready for each runtime; 0 for none [default: the controller's]",
    }.Between(0, 100);

    private static readonly Option<int?> Memory = QuantityOption.Memory(
        "--memory", "Memory of all instances together [default: the machine's without a fifth, at least 1 GiB, for the rest]", (64, 16 * 1024 * 1024), "a size like 8GiB, from 64MiB to 16384GiB");

    private static readonly Option<string?> Store = CreateStore();

    private static readonly Option<string?> Redis = new("--redis")
    {
        HelpName = "SERVERS", Description = "Redis for --store redis, like redis-1:6379,password=secret, or !/run/redis.sock [default: localhost:6379]",
    };

    public static Command Create()
    {
        var verb = new Verb(
            "up", "Start the platform and deploy; Ctrl-C drains and stops it",
            "faas up                                          the functions of this folder",
            "faas up shop --watch                             another folder's, again whenever they change",
            "faas up --store redis --redis localhost:6379     accepted events in Redis instead of the data folder",
            "faas up --memory 8GiB                            idle instances are stopped to make room below it",
            "faas up --listen http://0.0.0.0:80 --data /var/lib/faas --sandbox docker")
        {
            ManifestPath, Listen, Sandbox, Watch, Stems, Memory, Store, Redis,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        // What the user wrote is checked before anything starts.
        var path = context.Value(ManifestPath);
        var manifest = path is not null || ManifestFile.Find(".") is not null ? ManifestFile.Load(path ?? ".") : null;
        var admin = GlobalOptions.ValueOf(context.Parsed, GlobalOptions.Admin, "FAAS_ADMIN") ?? PlatformAddress.DefaultAdminUrl;
        var options = new PlatformOptions(
            context.Data, PlatformAddress.ParseUrl("--listen", context.Value(Listen)!), PlatformAddress.ParseUrl("--admin", admin), context.Value(Sandbox)!, context.Value(Stems))
        {
            MemoryMiB = context.Value(Memory),
            Store = context.Value(Store) ?? (context.Value(Redis) is null ? null : "redis"),
            Redis = context.Value(Redis),
        };

        Terminal.Note($"starting on {options.Data.Root} ...");
        using var platform = await RunningPlatform.StartAsync(options, Terminal.Note, context.Time, cancellationToken);
        try
        {
            await ServeAsync(context, platform, manifest, cancellationToken);
            return ExitCode.Interrupted;   // never reached: serving ends with a failure or an interruption
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Terminal.Note("stopping: draining the gateway, then the instances (Ctrl-C again ends it at once) ...");
            return ExitCode.Ok;
        }
        finally
        {
            await platform.StopAsync();
        }
    }

    private static async Task ServeAsync(VerbContext context, RunningPlatform platform, ManifestFile? manifest, CancellationToken cancellationToken)
    {
        using var client = new FaasClient(platform.AdminUrl, platform.Key);
        using var packager = new Packager(new PackageCache(context.Data), BundleLimits.Standard, PlatformParts.FunctionSdk, context.Time);
        var description = await WaitForGatewayAsync(client, platform, context.Time, cancellationToken);

        // Watching begins before the first deploy, so that no change is missed between the two.
        using var watch = manifest is not null && context.Value(Watch) ? new SourceWatch(manifest, context.Time) : null;
        var outcomes = await WithFailure(platform, DeployAsync(context, client, packager, manifest, cancellationToken));
        var functions = await client.ListFunctionsAsync(cancellationToken);
        UpReport.Print(context, platform, description, manifest, functions, outcomes);

        if (watch is not null)
        {
            await WithFailure(platform, WatchAsync(context, client, packager, manifest!.Path, watch, cancellationToken));
        }

        await WithFailure(platform, Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken));
    }

    private static async Task WatchAsync(
        VerbContext context, FaasClient client, Packager packager, string manifestPath, SourceWatch watch, CancellationToken cancellationToken)
    {
        while (true)
        {
            await watch.WaitForChangeAsync(cancellationToken);
            try
            {
                var manifest = ManifestFile.Load(manifestPath);
                watch.Follow(manifest);
                var outcomes = await DeployAsync(context, client, packager, manifest, cancellationToken);
                DeployReport.PrintOutcomes([.. outcomes.Where(outcome => outcome.Result != DeployOutcome.Unchanged)], context.Terminal);
                DeployReport.PrintFailures(outcomes, context.Terminal);
            }
            catch (Exception e) when (e is CliException or FaasApiException or FaasUnreachableException or IOException)
            {
                Errors.Report(e, context.Parsed);   // half-written files are repaired by the next save
            }
        }
    }

    private static async Task<IReadOnlyList<DeployOutcome>> DeployAsync(
        VerbContext context, FaasClient client, Packager packager, ManifestFile? manifest, CancellationToken cancellationToken)
    {
        if (manifest is null)
        {
            return [];
        }

        var progress = new DeployProgress(context.Terminal);
        var deployer = new Deployer(client, packager, progress);
        return await progress.ShowAsync<IReadOnlyList<DeployOutcome>>("deploying", async () =>
        {
            var prepared = await deployer.PrepareAsync(manifest.Functions, cancellationToken);
            IReadOnlyList<DeployOutcome> outcomes = [.. await deployer.DeployAsync(prepared, cancellationToken), .. deployer.Failures];
            packager.Forget();   // `up` goes on for weeks; its bundles need not
            return outcomes;
        });
    }

    private static async Task<PlatformDescription> WaitForGatewayAsync(FaasClient client, RunningPlatform platform, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var description = await WithFailure(platform, client.GetPlatformAsync(cancellationToken));
            if (description.GatewayConnected)
            {
                return description;
            }

            if (time.GetElapsedTime(began) > LinkTimeout)
            {
                throw new CliException(ExitCode.Error, $"The gateway did not connect to the controller within {LinkTimeout.TotalSeconds} s; their logs are in the data folder's logs/.");
            }

            await Task.Delay(LinkInterval, time, cancellationToken);
        }
    }

    /// <summary>Awaits <paramref name="work"/>, unless a part of the platform fails for good before.</summary>
    private static async Task<T> WithFailure<T>(RunningPlatform platform, Task<T> work)
    {
        await await Task.WhenAny(work, platform.Failed);
        return await work;
    }

    private static async Task WithFailure(RunningPlatform platform, Task work) => await await Task.WhenAny(work, platform.Failed);

    private static Option<string?> CreateStore()
    {
        var option = new Option<string?>("--store") { HelpName = "sqlite|redis", Description = "Where accepted events are kept [default: sqlite, in the data folder]" };
        option.AcceptOnlyFromAmong("sqlite", "redis");
        return option;
    }

    private static Option<string> CreateSandbox()
    {
        var option = new Option<string>("--sandbox")
        {
            HelpName = "auto|docker|process", Description = "What isolates functions; auto takes docker when it answers", DefaultValueFactory = _ => "auto",
        };
        option.AcceptOnlyFromAmong("auto", "docker", "process");
        return option;
    }
}
