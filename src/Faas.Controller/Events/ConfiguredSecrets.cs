using Faas.Events;

namespace Faas.Controller.Events;

/// <summary>Secrets from the configuration: <c>Faas:Secrets:{name}</c>, in <c>faas.json</c> or as an environment variable <c>Faas__Secrets__{name}</c>.</summary>
internal sealed class ConfiguredSecrets(IConfiguration configuration) : ISecrets
{
    public Task<string?> FindAsync(string name, CancellationToken ct) => Task.FromResult(configuration[$"Faas:Secrets:{name}"]);
}
