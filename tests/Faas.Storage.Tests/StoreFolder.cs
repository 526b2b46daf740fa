namespace Faas.Storage.Tests;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class StoreFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("faas-storage-").FullName;

    public string Database => System.IO.Path.Combine(Path, "faas.db");

    public Task<SqliteStore> OpenAsync() => SqliteStore.OpenAsync(Database, "USD", TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
