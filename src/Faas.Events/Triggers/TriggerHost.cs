using Faas.Contracts.Functions;
using Faas.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Triggers;

/// <summary>
/// Makes the triggers that run those that are deployed: a new one begins, a changed one goes on from its state, one that names a secret that has changed too, one that is in no manifest any more
/// is stopped and forgotten, and so is its pause.
/// </summary>
internal sealed partial class TriggerHost : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly IDeployments _deployments;
    private readonly TriggerKinds _kinds;
    private readonly TriggerTable _table;
    private readonly TriggerRunner _runner;
    private readonly TriggerParts _parts;
    private readonly ILogger<TriggerHost> _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly PendingNames _deleted = new();   // functions
    private readonly PendingNames _secrets = new();   // with other values than before

    public TriggerHost(IDeployments deployments, TriggerKinds kinds, TriggerTable table, TriggerRunner runner, TriggerParts parts, ILogger<TriggerHost> logger) =>
        (_deployments, _kinds, _table, _runner, _parts, _logger) = (deployments, kinds, table, runner, parts, logger);

    /// <summary>Reads what is kept, before anything is published: a topic's trigger that is paused must get nothing from the first moment on.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _deployments.Changed += OnChanged;
        _parts.Secrets.Changed += OnSecretChanged;
        var stored = (await _parts.Store.LoadAsync(cancellationToken)).ToDictionary(trigger => trigger.Key.Id, StringComparer.Ordinal);
        foreach (var wanted in Wanted())
        {
            var trigger = new Trigger(wanted.Key, wanted.Spec, wanted.Kind, new TriggerStatus(_parts.Time));
            if (stored.Remove(wanted.Key.Id, out var kept))
            {
                (trigger.IsPaused, trigger.State) = (kept.IsPaused, kept.State);
            }

            _table.Set(trigger);
        }

        foreach (var left in stored.Values)
        {
            await _parts.Store.DeleteAsync(left.Key, cancellationToken);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops all sources.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _deployments.Changed -= OnChanged;
        _parts.Secrets.Changed -= OnSecretChanged;
        await base.StopAsync(cancellationToken);
        await _table.Turn.WaitAsync(CancellationToken.None);
        try
        {
            _runner.Close();
            await Task.WhenAll(_table.All.Select(TriggerRunner.StopAsync));
        }
        finally
        {
            _table.Turn.Release();
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _runner.Open();
        while (true)
        {
            try
            {
                await FollowAsync(stoppingToken);
                await _wake.WaitAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)   // the top of a round
            {
                Log.Failed(_logger, exception);
                await Task.Delay(PauseAfterFailure, _parts.Time, stoppingToken);
            }
        }
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        await _table.Turn.WaitAsync(ct);
        var (deleted, secrets) = (_deleted.Take(), _secrets.Take());
        try
        {
            await FollowAsync(deleted, secrets, ct);
        }
        catch
        {
            _deleted.PutBack(deleted);
            _secrets.PutBack(secrets);
            throw;
        }
        finally
        {
            _table.Turn.Release();
        }
    }

    private async Task FollowAsync(HashSet<string> deleted, HashSet<string> secrets, CancellationToken ct)
    {
        var wanted = Wanted().ToDictionary(trigger => trigger.Key.Id, StringComparer.Ordinal);
        foreach (var trigger in _table.All.ToList())
        {
            if (!wanted.TryGetValue(trigger.Key.Id, out var now) || now.Kind != trigger.Kind || deleted.Contains(trigger.Key.Function))
            {
                await TriggerRunner.StopAsync(trigger);
                await _parts.Store.DeleteAsync(trigger.Key, ct);
                _table.Remove(trigger.Key.Id);
            }
            else if (now.Spec != trigger.Spec)
            {
                await TriggerRunner.StopAsync(trigger);
                _table.Set(new Trigger(trigger.Key, now.Spec, now.Kind, trigger.Status) { IsPaused = trigger.IsPaused, State = trigger.State });
            }
            else if (secrets.Count > 0 && TriggerNames.SecretsOf(trigger.Spec).Any(secrets.Contains))
            {
                await TriggerRunner.StopAsync(trigger);
            }
        }

        foreach (var trigger in wanted.Values.Where(trigger => _table.Find(trigger.Key.Id) is null))
        {
            _table.Set(new Trigger(trigger.Key, trigger.Spec, trigger.Kind, new TriggerStatus(_parts.Time)));
        }

        foreach (var trigger in _table.All)
        {
            _runner.Start(trigger);
        }
    }

    /// <summary>The triggers of all manifests. Of two with the same name, which versions before triggers had names let through, the first.</summary>
    private IEnumerable<(TriggerKey Key, TriggerSpec Spec, ITriggerKind Kind)> Wanted() =>
        from function in _deployments.All
        from spec in (function.Triggers ?? []).DistinctBy(TriggerNames.NameOf, StringComparer.Ordinal)
        let kind = _kinds.Of(spec)
        where kind is not null
        select (new TriggerKey(TriggerNames.IdOf(function.Name, spec), function.Name), spec, kind);

    private void OnChanged(DeploymentChange change)
    {
        if (change.IsDeletion)
        {
            _deleted.Add(change.Function);
        }

        Wake();
    }

    private void OnSecretChanged(string name)
    {
        _secrets.Add(name);
        Wake();
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake, and will look once more.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4032, LogLevel.Error, "Triggers could not follow what is deployed; tried again in a second")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
