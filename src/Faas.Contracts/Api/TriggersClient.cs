namespace Faas.Contracts.Api;

/// <summary>The part of the management API about triggers: <c>/v1/triggers</c>. Throws as <see cref="FaasClient"/> does.</summary>
public sealed class TriggersClient
{
    private readonly ApiTransport _transport;

    internal TriggersClient(ApiTransport transport) => _transport = transport;

    /// <summary>The triggers of a function, or of all (null), by id.</summary>
    public async Task<IReadOnlyList<TriggerDescription>> ListAsync(string? function, CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/triggers" + (function is null ? "" : "?function=" + Uri.EscapeDataString(function)), FaasJson.Default.TriggerDescriptionArray, cancellationToken);

    /// <summary>Pauses a trigger, also across restarts.</summary>
    public Task<TriggerDescription> PauseAsync(string function, string name, CancellationToken cancellationToken) =>
        _transport.AskAsync(HttpMethod.Post, PathOf(function, name) + "/pause", null, FaasJson.Default.TriggerDescription, cancellationToken);

    /// <summary>Resumes a paused trigger. What a schedule missed meanwhile is not made up for.</summary>
    public Task<TriggerDescription> ResumeAsync(string function, string name, CancellationToken cancellationToken) =>
        _transport.AskAsync(HttpMethod.Post, PathOf(function, name) + "/resume", null, FaasJson.Default.TriggerDescription, cancellationToken);

    /// <summary>Gives the trigger's function an event as if there had been one now.</summary>
    public Task<TriggerFiring> FireAsync(string function, string name, CancellationToken cancellationToken) =>
        _transport.AskAsync(HttpMethod.Post, PathOf(function, name) + "/fire", null, FaasJson.Default.TriggerFiring, cancellationToken);

    /// <summary>Forgets how far a trigger has come, and leaves it paused; resumed it begins anew.</summary>
    public Task DeleteAsync(string function, string name, CancellationToken cancellationToken) =>
        _transport.TellAsync(HttpMethod.Delete, PathOf(function, name), null, cancellationToken);

    private static string PathOf(string function, string name) => $"/v1/triggers/{Uri.EscapeDataString(function)}/{Uri.EscapeDataString(name)}";
}
