using Faas.Contracts.Functions;
using Faas.Controller.Api;
using Faas.Controller.Secrets;
using Faas.Events;
using Faas.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Secrets;

/// <summary>The management API of secrets on a real store, over real HTTP.</summary>
internal sealed class SecretsFixture : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder;
    private readonly SqliteStore _store;
    private readonly WebApplication _app;

    private SecretsFixture(string folder, SqliteStore store, CountedStore secrets)
    {
        (_folder, _store, Stored) = (folder, store, secrets);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("Faas:Secrets:CONFIGURED", "from the configuration")]);
        Secrets = new PlatformSecrets(Stored, builder.Configuration, new FakeTimeProvider(Noon));
        builder.Services.AddSingleton(Secrets).AddSingleton<IDeployments>(Functions);
        _app = builder.Build();
        _app.UseMiddleware<ProblemBoundary>();
        SecretEndpoints.Map(_app);
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public Deployed Functions { get; } = new();

    public PlatformSecrets Secrets { get; }

    public CountedStore Stored { get; }

    public HttpClient Http { get; private set; } = null!;

    public static async Task<SecretsFixture> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("faas-secrets-").FullName;
        var store = await SqliteStore.OpenAsync(Path.Combine(folder, "faas.db"), "USD", Ct);
        var fixture = new SecretsFixture(folder, store, new CountedStore(store.Secrets(SecretKey.ReadOrCreate(Path.Combine(folder, "secrets.key")))));
        await fixture._app.StartAsync(Ct);
        var address = fixture._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        fixture.Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
        return fixture;
    }

    /// <summary>Secrets as a start after the key was lost finds them.</summary>
    public PlatformSecrets WithAnotherKey() =>
        new(_store.Secrets(SecretKey.ReadOrCreate(Path.Combine(_folder, "other.key"))), new ConfigurationBuilder().Build(), new FakeTimeProvider(Noon));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Functions that a test deploys.</summary>
    internal sealed class Deployed : IDeployments
    {
        public event Action<DeploymentChange>? Changed;

        public List<FunctionSpec> All { get; } = [];

        IEnumerable<FunctionSpec> IDeployments.All => All;

        public void Deploy(string name, params IReadOnlyList<TriggerSpec> triggers)
        {
            All.Add(new FunctionSpec { Name = name, Runtime = Runtimes.Python, Triggers = triggers });
            Changed?.Invoke(new DeploymentChange(name, IsDeletion: false));
        }
    }

    /// <summary>A store that counts how often it is asked, and can be made to wait.</summary>
    internal sealed class CountedStore(ISecretStore store) : ISecretStore
    {
        public int Finds { get; private set; }

        /// <summary>What a read waits for after it has read.</summary>
        public Task ReadsEnd { get; set; } = Task.CompletedTask;

        public Task SetAsync(string name, string value, DateTimeOffset at, CancellationToken ct) => store.SetAsync(name, value, at, ct);

        public async Task<string?> FindAsync(string name, CancellationToken ct)
        {
            Finds++;
            var value = await store.FindAsync(name, ct);
            await ReadsEnd;
            return value;
        }

        public Task<IReadOnlyList<StoredSecret>> ListAsync(CancellationToken ct) => store.ListAsync(ct);

        public Task<bool> DeleteAsync(string name, CancellationToken ct) => store.DeleteAsync(name, ct);
    }
}
