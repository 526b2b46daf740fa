using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Api;
using Faas.Controller.Functions;
using Faas.Controller.Logs;
using Faas.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Faas.Controller.Tests.Logs;

/// <summary>The management API of logs over real HTTP, with one function <c>f</c>.</summary>
internal sealed class LogsApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SqliteStore _store;
    private readonly string _folder;

    private LogsApi(LogsFixture logs, SqliteStore store, string folder)
    {
        (Logs, _store, _folder) = (logs, store, folder);
        Catalog = new FunctionCatalog(store, logs.Clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(Catalog).AddSingleton(logs.Logs).AddSingleton<TimeProvider>(logs.Clock);
        _app = builder.Build();
        _app.UseMiddleware<ProblemBoundary>();
        LogEndpoints.Map(_app);
    }

    public LogsFixture Logs { get; }

    public HttpClient Http { get; private set; } = null!;

    private FunctionCatalog Catalog { get; }

    public static async Task<LogsApi> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("faas-logs-api-").FullName;
        var api = new LogsApi(new LogsFixture(), await SqliteStore.OpenAsync(Path.Combine(folder, "faas.db"), "USD", LogsFixture.Ct), folder);
        var spec = new FunctionSpec { Name = "f", Runtime = Runtimes.Python };
        await api.Catalog.ServeAsync(new RevisionRecord("r1", "f", spec, "", LogsFixture.Noon), LogsFixture.Ct);
        await api._app.StartAsync(LogsFixture.Ct);
        var address = api._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        api.Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
        return api;
    }

    public async Task<LogLine[]> LinesAsync(string query)
    {
        var text = await Http.GetStringAsync("/v1/functions/f/logs?" + query, LogsFixture.Ct);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    public async Task<string[]> TextsAsync(string query) => [.. (await LinesAsync(query)).Select(line => line.Text)];

    public async Task<(int Status, ApiProblem Problem)> RefusedAsync(string query)
    {
        using var response = await Http.GetAsync("/v1/functions/f/logs?" + query, LogsFixture.Ct);
        return ((int)response.StatusCode, await FaasClient.ReadProblemAsync(response, LogsFixture.Ct));
    }

    /// <summary>Lines as they come.</summary>
    public async Task<StreamReader> FollowAsync(string query)
    {
        var response = await Http.GetAsync("/v1/functions/f/logs?follow=true&" + query, HttpCompletionOption.ResponseHeadersRead, LogsFixture.Ct);
        return new StreamReader(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(LogsFixture.Ct));
    }

    public static LogLine Parse(string line) => JsonSerializer.Deserialize(line, FaasJson.Default.LogLine)!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Logs.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
