using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage;

/// <summary>
/// The embedded store: one SQLite file that belongs to one process. WAL with <c>synchronous=FULL</c>, one writer with group commit;
/// what was acknowledged survives a killed process and a power cut.
/// </summary>
public sealed class SqliteStore : IFunctionStore, IUsageLedger, IAsyncDisposable
{
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly string _currency;
    private readonly CommittedSpend _spend = new();
    private readonly OpenChunk _open;

    private SqliteStore(SqliteSession session, string path, string currency)
    {
        _open = new OpenChunk(_spend);
        var usage = new CommittedUsage(_open, _spend);
        _writer = new SqliteWriter(session, path, usage);
        _readers = new SqliteReaders(path);
        _currency = currency;
        Queue = new SqliteQueue(_writer, _readers, usage);
        Triggers = new SqliteTriggerStore(_writer, _readers);
        Prices = new SqlitePriceStore(_writer, _readers);
        Budgets = new SqliteBudgetStore(_writer, _readers);
        Counters = new UsageCounters(_readers);
        MemoryTimes = new SqliteMemoryTimes(_writer, _readers);
    }

    /// <summary>The queue of asynchronous invocations.</summary>
    public IInvocationQueue Queue { get; }

    /// <summary>What is kept of triggers.</summary>
    public ITriggerStore Triggers { get; }

    /// <summary>The prices that were ever in force.</summary>
    public IPriceStore Prices { get; }

    /// <summary>What may be spent.</summary>
    public IBudgetStore Budgets { get; }

    /// <summary>
    /// Is told what each commit's usage records cost, once they are durable and before those who wrote them know it; null for nobody. To be set before the first record is written. It is
    /// called on the store's own thread, so it must be quick, and must not throw.
    /// </summary>
    public Action<IReadOnlyList<UsageSpend>>? SpendCommitted
    {
        get => _spend.Told;
        set => _spend.Told = value;
    }

    /// <summary>What all functions have used since the beginning, by outcome.</summary>
    public UsageCounters Counters { get; }

    /// <summary>How long memory was allotted.</summary>
    public IMemoryTimeStore MemoryTimes { get; }

    /// <summary>The secrets, which are sealed with <paramref name="key"/>.</summary>
    public ISecretStore Secrets(SecretKey key) => new SqliteSecretStore(_writer, _readers, key);

    internal SqliteWriter Writer => _writer;

    /// <summary>Opens the database, creates it (mode 0600: specs carry environment variables) or brings it up to date.</summary>
    /// <param name="path">The database file; its folder is created when it is missing.</param>
    /// <param name="currency">ISO 4217 code of all costs.</param>
    /// <param name="ct">Cancels the opening.</param>
    /// <exception cref="StoreException">The file is damaged, from a newer version, or cannot be opened.</exception>
    public static Task<SqliteStore> OpenAsync(string path, string currency, CancellationToken ct) => Task.Run(() => Open(path, currency), ct);

    /// <inheritdoc/>
    public Task SaveRevisionAsync(RevisionRecord revision, CancellationToken ct) =>
        _writer.WriteAsync(session => FunctionTables.SaveRevision(session, revision), ct);

    /// <inheritdoc/>
    public Task<bool> SetServingAsync(string function, string revision, DateTimeOffset at, string? expectedRevision, CancellationToken ct) =>
        _writer.WriteAsync(session => FunctionTables.SetServing(session, function, revision, at, expectedRevision), ct);

    /// <inheritdoc/>
    public Task<bool> DeleteFunctionAsync(string function, CancellationToken ct) =>
        _writer.WriteAsync(session => FunctionTables.Delete(session, function), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ServingFunction>> ListServingAsync(CancellationToken ct) => await _readers.ReadAsync(FunctionTables.ListServing, ct);

    /// <inheritdoc/>
    public Task<long> IngestAsync(UsagePosition position, Action<UsageChunk> add, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position.From, nameof(position));
        ArgumentOutOfRangeException.ThrowIfLessThan(position.To, position.From, nameof(position));
        return _writer.WriteAsync(session => UsageIngestion.Ingest(session, _open, position, add), ct);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UsageRecord>> ListAsync(string? function, string? invocationId, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 10_000);
        return await _readers.ReadAsync(session => UsageQueries.List(session, function, invocationId, limit), ct);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct) =>
        await _readers.ReadAsync(session => UsageQueries.Totals(session, _currency), ct);

    /// <inheritdoc/>
    public Task<UsageTotals> TotalsAsync(string function, CancellationToken ct) =>
        _readers.ReadAsync(session => UsageQueries.Totals(session, function, _currency), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UsagePeriodSum>> SumsAsync(UsagePeriod period, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        await _readers.ReadAsync(session => UsageQueries.Sums(session, period, from, to, _currency), ct);

    /// <inheritdoc/>
    public async Task<int> PruneAsync(DateTimeOffset before, CancellationToken ct)
    {
        var beforeUs = UnixMicroseconds.From(before);
        var total = 0;
        bool isDone;
        do
        {
            (var removed, isDone) = await _writer.WriteAsync(session => UsagePruning.Run(session, beforeUs), ct);
            total += removed;
        }
        while (!isDone);   // other writes get their turn in between
        return total;
    }

    /// <inheritdoc/>
    public Task<bool> VisitAsync(DateTimeOffset from, DateTimeOffset to, long limit, UsageVisitor visitor, CancellationToken ct) =>
        _readers.ReadAsync(session => UsageQueries.Visit(session, UnixMicroseconds.From(from), UnixMicroseconds.From(to), limit, visitor, ct), ct);

    /// <inheritdoc/>
    public Task PruneMinutesAsync(DateTimeOffset before, CancellationToken ct)
    {
        var beforeUs = UnixMicroseconds.From(before);
        return _writer.WriteAsync(
            session =>
            {
                UsagePruning.RemoveSums(session, UsagePeriod.Minute, beforeUs);
                return true;
            },
            ct);
    }

    /// <summary>Finishes the writes that wait and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _writer.DisposeAsync();   // the last connection to close moves the log into the file
    }

    private static SqliteStore Open(string path, string currency)
    {
        SqliteSession? session = null;
        try
        {
            CreateFile(path);
            session = SqliteSession.Open(path, SqliteOpenMode.ReadWrite);
            session.Scalar("PRAGMA journal_mode = WAL");
            session.Execute("PRAGMA synchronous = FULL");              // NORMAL lost acknowledged work in 4 of 5 power cuts
            session.Execute("PRAGMA foreign_keys = ON");
            session.Execute("PRAGMA journal_size_limit = 67108864");   // gives the disk back after a burst
            session.Execute("PRAGMA temp_store = MEMORY");             // what a savepoint may have to bring back was written to a file, for each write
            session.Execute("PRAGMA cache_size = -16384");             // 16 MiB: with 2 MiB, pages of a queue of some thousands were read and written again and again
            session.Execute("PRAGMA wal_autocheckpoint = 4000");       // 16 MiB: pages that change again and again are moved into the file less often
            SqliteSchema.Migrate(session, path, SqliteSchema.Migrations);
            UsageConversion.Run(session);
        }
        catch (Exception exception)
        {
            session?.Dispose();
            throw exception switch
            {
                SqliteException or InvalidDataException => SqliteErrors.Explain(exception, path),
                IOException or UnauthorizedAccessException => new StoreException(
                    StoreFailure.CannotOpen, $"The database {path} cannot be created: {exception.Message}", exception),
                _ => exception,
            };
        }

        return new SqliteStore(session, path, currency);
    }

    private static void CreateFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);   // a file's path has a folder
        using (File.Open(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            // SQLite gives its log and index files the mode of the database file.
        }
    }
}
