using Faas.Contracts.Api;
using Faas.Contracts.Hosting;
using Faas.Contracts.Invocations;
using Faas.Controller.Hosting;
using Faas.Controller.Metering;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Faas.Controller.Tests.Metering.UsageBatches;

namespace Faas.Controller.Tests.Metering;

/// <summary>Prices change while invocations are on their way; the store is the real one.</summary>
public sealed class PriceBookTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceTerms Default = new PriceTable().ToTerms();

    private readonly DataFolder _data = new(Directory.CreateTempSubdirectory("fct-prices-").FullName);
    private readonly FakeTimeProvider _clock = new(Noon);
    private SqliteStore _store = null!;   // opened before each test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await SqliteStore.OpenAsync(_data.Database, "USD", Ct);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_data.Root, recursive: true);
    }

    [Fact]
    public async Task What_is_configured_differently_after_a_restart_is_a_version_more_and_the_same_is_not()
    {
        Assert.Equal(1, (await OpenAsync(Default)).Current.Version);
        Assert.Equal(1, (await OpenAsync(Default)).Current.Version);
        _clock.Advance(TimeSpan.FromHours(1));
        var book = await OpenAsync(Default with { PerMillionRequests = 1 });
        Assert.Equal((2, Noon.AddHours(1) + PriceBook.Lead, 1m), (book.Current.Version, book.Current.Since, book.Current.Terms.PerMillionRequests));
        Assert.Equal([1, 2], book.All.Select(one => one.Version));
    }

    [Fact]
    public async Task An_invocation_costs_what_was_in_force_when_it_was_received_however_late_it_is_counted()
    {
        var book = await OpenAsync(Default);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await book.ChangeAsync(Default with { PerMillionRequests = 2 }, Ct));
        Assert.False(await book.ChangeAsync(Default with { PerMillionRequests = 2 }, Ct));
        var pricing = new UsagePricing(book);
        var batch = Batch(
            0, 1, At("first", Noon.AddMinutes(1)), At("second", Noon.AddHours(1) + PriceBook.Lead), At("in between", Noon.AddHours(1)), At("third", Noon.AddMinutes(59)), At("before there were prices", Noon.AddDays(-1)), At("last", Noon.AddDays(9)));
        await _store.IngestAsync(new(batch.Boot, batch.Segment, batch.From, batch.To), chunk => pricing.AddTo(chunk, batch.Format, batch.Records.Span), Ct);

        var records = (await _store.ListAsync(null, null, 10, Ct)).ToDictionary(record => record.InvocationId);
        Assert.Equal((1, 1, 1, 1), (records["first"].PriceVersion, records["third"].PriceVersion, records["in between"].PriceVersion, records["before there were prices"].PriceVersion));
        Assert.Equal((2, 2), (records["second"].PriceVersion, records["last"].PriceVersion));
        Assert.All(records.Values, record => Assert.Equal(book.All[record.PriceVersion - 1].CostOf(record.BilledMs, record.MemoryMiB), record.Cost));
        Assert.Equal(0.0000018m, records["second"].Cost - records["first"].Cost);
    }

    [Fact]
    public async Task Whoever_tells_gateways_knows_a_change_before_it_is_in_force()
    {
        var book = await OpenAsync(Default);
        var told = new List<(int Version, DateTimeOffset Since)>();
        book.Follow(all => told.Add((all[^1].Version, all[^1].Since)));
        await book.ChangeAsync(Default with { PerMillionRequests = 2 }, Ct);
        Assert.Equal([(1, Noon), (2, Noon + PriceBook.Lead)], told);
    }

    [Fact]
    public async Task The_currency_stays_once_something_has_cost_anything()
    {
        await OpenAsync(Default);
        var error = await Assert.ThrowsAsync<StartException>(() => OpenAsync(Default with { Currency = "EUR" }, hasCosts: true));
        Assert.Contains("USD", error.Message, StringComparison.Ordinal);
        var book = await OpenAsync(Default with { Currency = "EUR" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => book.ChangeAsync(Default, Ct));
    }

    [Fact]
    public async Task Prices_are_taken_from_the_file_while_the_platform_runs_and_what_is_wrong_changes_nothing()
    {
        var book = await OpenAsync(Default);
        using var watch = new PriceWatch(book, _data, _clock, NullLogger<PriceWatch>.Instance);
        await WriteAsync("""{"Faas": {"Prices": {"PerMillionRequests": 0.5, "FreeRequests": 1000, "RoundUpMs": 100}}}""");
        await watch.LookAsync(Ct);
        Assert.Equal((2, 0.5m, 1000, 100), (book.Current.Version, book.Current.Terms.PerMillionRequests, book.Current.Terms.FreeRequests, book.Current.Terms.RoundUpMs));

        foreach (var wrong in (string[])["{", """{"Faas": {"Prices": {"PerMillionRequests": -1}}}""", """{"Faas": {"Prices": {"PerMillionRequests": "much"}}}""", """{"Faas": {"Prices": {"Currency": "EUR"}}}"""])
        {
            await WriteAsync(wrong);
            await watch.LookAsync(Ct);
            Assert.Equal(2, book.Current.Version);
        }

        File.Delete(ControllerOptions.FileOf(_data));
        await watch.LookAsync(Ct);
        Assert.Equal((3, Default), (book.Current.Version, book.Current.Terms));
    }

    private static Faas.Link.UsageEntry At(string id, DateTimeOffset at) => Entry(id) with { ReceivedUnixUs = (at - DateTimeOffset.UnixEpoch).Ticks / 10 };

    private Task<PriceBook> OpenAsync(PriceTerms terms, bool hasCosts = false) => PriceBook.OpenAsync(_store.Prices, terms, hasCosts, _clock, Ct);

    private async Task WriteAsync(string text)
    {
        var path = ControllerOptions.FileOf(_data);
        var before = File.GetLastWriteTimeUtc(path);
        await File.WriteAllTextAsync(path, text, Ct);
        File.SetLastWriteTimeUtc(path, before.AddSeconds(1));   // two writes within one tick of the file system's clock would look like one
    }
}
