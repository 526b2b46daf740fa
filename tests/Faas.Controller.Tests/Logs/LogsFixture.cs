using Faas.Contracts.Api;
using Faas.Controller.Logs;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Logs;

/// <summary>Logs in a real folder, with a clock that the test moves.</summary>
internal sealed class LogsFixture : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faas-logs-");

    public LogsFixture(LogOptions? options = null)
    {
        Options = options ?? new LogOptions();
        Logs = Open();
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public LogOptions Options { get; }

    public FakeTimeProvider Clock { get; } = new(Noon);

    public FunctionLogs Logs { get; private set; }

    /// <summary>The log of the function that most tests use.</summary>
    public FunctionLog Log => Logs.Of("f");

    /// <summary>The folder with a folder for each function.</summary>
    public string Root => Path.Combine(_folder.FullName, "functions");

    /// <summary>The segments of <see cref="Log"/>, oldest first.</summary>
    public FileInfo[] Segments => Directory.Exists(Path.Combine(Root, "f")) ? [.. new DirectoryInfo(Path.Combine(Root, "f")).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal)] : [];

    /// <summary>The folder as a controller finds it that was killed and started again: nothing is closed first.</summary>
    public void Restart() => Logs = Open();

    public void Write(string text, string stream = "stdout", string? invocation = null, string function = "f") =>
        Logs.Append(function, new LogLine(Clock.GetUtcNow(), "i", invocation, stream, text));

    public async Task<IReadOnlyList<LogLine>> ReadAsync(LogFilter? filter = null, int count = 100_000, string function = "f") =>
        await LogReader.ReadAsync(await Logs.Of(function).SnapshotAsync(null, Ct), filter ?? new LogFilter(), count, Clock, Ct);

    /// <summary>The texts of what <see cref="ReadAsync"/> reads.</summary>
    public async Task<string[]> TextsAsync(LogFilter? filter = null, int count = 100_000) => [.. (await ReadAsync(filter, count)).Select(line => line.Text)];

    public async ValueTask DisposeAsync()
    {
        await Logs.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private FunctionLogs Open() => new(_folder.FullName, Options, Clock);
}
