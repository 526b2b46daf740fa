using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Controller.Hosting;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>
/// The prices that were ever in force. An invocation costs what was in force when it was received, so that records which come late, after a restart or an outage, cost what they would
/// have cost at once. Read by any thread; changed by one.
/// </summary>
internal sealed class PriceBook
{
    /// <summary>So long after they were changed prices come into force: by then gateways know them, and no answer says another cost than the ledger has.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromSeconds(1);

    private readonly IPriceStore _store;
    private readonly TimeProvider _time;

    /// <summary>The oldest first; replaced whole.</summary>
    private Prices[] _prices;

    private Action<IReadOnlyList<Prices>>? _follower;

    private PriceBook(IPriceStore store, Prices[] prices, TimeProvider time)
    {
        _store = store;
        _prices = prices;
        _time = time;
    }

    /// <summary>The newest: those in force now, or within <see cref="Lead"/>.</summary>
    public Prices Current => Volatile.Read(ref _prices)[^1];

    /// <summary>All, the oldest first.</summary>
    public IReadOnlyList<Prices> All => Volatile.Read(ref _prices);

    /// <summary>Opens the book: what is configured is a new version when it is not what was in force last.</summary>
    /// <param name="store">Where it is kept.</param>
    /// <param name="configured">The prices now.</param>
    /// <param name="hasCosts">Whether anything has been billed yet.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Cancels the opening.</param>
    /// <exception cref="StartException">The currency is another one, though there are costs already.</exception>
    public static async Task<PriceBook> OpenAsync(IPriceStore store, PriceTerms configured, bool hasCosts, TimeProvider time, CancellationToken ct)
    {
        Prices[] prices = [.. (await store.ListAsync(ct)).Select(Parse)];
        if (prices.Length > 0 && hasCosts && prices[^1].Terms.Currency != configured.Currency)
        {
            throw new StartException(
                $"configuration Faas:Prices:Currency: costs so far are in {prices[^1].Terms.Currency} and cannot go on in {configured.Currency}; set it back, or begin with a new data folder");
        }

        var book = new PriceBook(store, prices, time);
        if (prices.Length == 0 || prices[^1].Terms != configured)
        {
            await book.AddAsync(configured, ct);
        }

        return book;
    }

    /// <summary>Has the one who tells gateways know all prices, now and after each change.</summary>
    public void Follow(Action<IReadOnlyList<Prices>> follower)
    {
        _follower = follower;
        follower(All);
    }

    /// <summary>Puts other prices in force, after <see cref="Lead"/>. False when they are those that are already.</summary>
    /// <exception cref="InvalidOperationException">They are in another currency.</exception>
    public async Task<bool> ChangeAsync(PriceTerms terms, CancellationToken ct)
    {
        var current = Current.Terms;
        if (terms == current)
        {
            return false;
        }

        if (terms.Currency != current.Currency)
        {
            throw new InvalidOperationException($"the currency is {current.Currency} and cannot become {terms.Currency} while the platform runs");
        }

        await AddAsync(terms, ct);
        return true;
    }

    /// <summary>The prices of an invocation received at a moment: µs since 1970. Before the first ones there were none, so those count.</summary>
    public Prices At(long receivedUs)
    {
        var prices = Volatile.Read(ref _prices);
        for (var i = prices.Length - 1; i > 0; i--)
        {
            if (receivedUs >= prices[i].SinceUs)
            {
                return prices[i];
            }
        }

        return prices[0];
    }

    private async Task AddAsync(PriceTerms terms, CancellationToken ct)
    {
        var since = _time.GetUtcNow() + (_prices.Length > 0 ? Lead : TimeSpan.Zero);
        var version = await _store.AddAsync(since, JsonSerializer.Serialize(terms, FaasJson.Default.PriceTerms), ct);
        Volatile.Write(ref _prices, [.. _prices, new Prices(version, since, terms)]);
        _follower?.Invoke(All);
    }

    private static Prices Parse(StoredPrices stored) =>
        new(stored.Version, stored.Since, JsonSerializer.Deserialize(stored.Terms, FaasJson.Default.PriceTerms) ?? throw new InvalidDataException($"prices {stored.Version} are missing"));
}
