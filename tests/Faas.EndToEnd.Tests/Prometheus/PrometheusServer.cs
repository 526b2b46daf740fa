using System.Diagnostics;
using System.Text.Json;
using Faas.EndToEnd.Tests.Running;
using Faas.Tests.Servers;

namespace Faas.EndToEnd.Tests.Prometheus;

/// <summary>A real Prometheus with the configuration of <c>deploy/</c>, which scrapes a platform every second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _process;
    private readonly OutputLines _output = new();
    private readonly HttpClient _http;

    private PrometheusServer(string folder, Process process, int port)
    {
        _folder = folder;
        _process = process;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        _output.ReadFrom(process);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Skips the test where Prometheus is not installed; with FAAS_NO_SKIPS the run counts that as a failure.</summary>
    public static void Require() => ServerProcess.Require("prometheus");

    /// <summary>A copy of deploy/prometheus for <paramref name="platform"/>: its address and its key. Only the times are others.</summary>
    public static string Configure(Platform platform)
    {
        var folder = Directory.CreateTempSubdirectory("faas-prometheus-").FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/prometheus")))
        {
            File.WriteAllText(
                Path.Combine(folder, Path.GetFileName(file)),
                File.ReadAllText(file).Replace("127.0.0.1:8081", platform.AdminUrl.Authority, StringComparison.Ordinal).Replace("_interval: 15s", "_interval: 1s", StringComparison.Ordinal));
        }

        File.Copy(platform.Folder.AdminKeyFile, Path.Combine(folder, "admin.key"));
        return folder;
    }

    /// <summary>Starts on what <see cref="Configure"/> has made; the folder is deleted in the end.</summary>
    public static async Task<PrometheusServer> StartAsync(string folder)
    {
        var port = ServerProcess.FreePort();
        var start = new ProcessStartInfo(
            "prometheus",
            [$"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.min-block-duration=2h", "--log.level=warn"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var server = new PrometheusServer(folder, new Process { StartInfo = start }, port);
        try
        {
            await Eventually.HoldsAsync("a ready Prometheus", server.IsReadyAsync);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>How many series an expression gives now. Fails the test when Prometheus does not understand it.</summary>
    public async Task<int> CountAsync(string expression)
    {
        using var answer = await _http.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}", Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.IsSuccessStatusCode, $"{expression}\n{text}");
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
    }

    /// <summary>The value of an expression that gives one number; null when it gives none yet.</summary>
    public async Task<double?> ValueAsync(string expression)
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}", Stop));
        var result = json.RootElement.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? null : double.Parse(result[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>What became of the last evaluation of each rule, by name: <c>ok</c>, <c>err</c> or <c>unknown</c> (not evaluated yet).</summary>
    public async Task<Dictionary<string, string>> RulesAsync()
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync("/api/v1/rules", Stop));
        return json.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .ToDictionary(rule => rule.GetProperty("name").GetString()!, rule => rule.GetProperty("health").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_process.HasExited, $"prometheus ended:\n{_output}");
        try
        {
            using var answer = await _http.GetAsync("/-/ready", Stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
