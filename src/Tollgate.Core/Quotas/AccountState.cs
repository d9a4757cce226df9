using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// A customer's account in memory, as a lane works on it: plan, features, open holds. It changes cost, never meaning:
/// each change is written with the versions it was decided on, and a stale book is thrown away and read again.
/// </summary>
public sealed class AccountState
{
    /// <summary>
    /// Reservations that a customer may have open at one time. Each is read when the account is, and all of them may expire in one
    /// decision: 10,000 are 20 ms. Also below what a balance's column counts.
    /// </summary>
    public const int MostOpenHolds = 10_000;

    private readonly Dictionary<Guid, Slot<Hold>> _holds = [];
    private readonly SortedSet<(Instant ExpiresAt, Guid Id)> _expiries = [];
    private long _nextExpiry = Instant.FarFuture.UnixMicroseconds;
    private FeatureState[] _features = [];
    private readonly List<(Slot Slot, object Value)> _undo = [];
    private readonly List<Slot> _touched = [];
    private HashSet<string>? _members;

    public required int ProjectId { get; init; }

    /// <summary>The project's own id of the customer.</summary>
    public required string Customer { get; init; }

    public required short Partition { get; init; }

    public required int Account { get; init; }

    /// <summary>Of the customer's row: moves when plan, overrides or grants change.</summary>
    public required int CustomerVersion { get; init; }

    /// <summary>The catalogue the book was made with. A newer one means reading again.</summary>
    public required int CatalogRevision { get; init; }

    /// <summary>
    /// When it was read, in the counting of the server that keeps it: what another server wrote since is not in a book of an earlier era.
    /// </summary>
    public int Era { get; set; }

    /// <summary>
    /// The project's time for which it was read: it has no rows of what was over by then, so whoever came before cannot be decided on it.
    /// </summary>
    public Instant ReadFor { get; set; }

    /// <summary>It has every grant that was not over by then: what is recorded late may burn one that is over now.</summary>
    public Instant GrantsSince { get; set; }

    /// <summary>Plan, add-ons and overrides for every instant.</summary>
    public required TermsTimeline Terms { get; init; }

    /// <summary>The one in force.</summary>
    public PlanVersion Plan => Terms.Current.Plan;

    public required Instant CustomerSince { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    /// <summary>What billing months and billing periods hang on. Empty: the calendar.</summary>
    public IReadOnlyList<BillingCycle> Cycles { get; init; } = [];

    /// <summary>
    /// The project decides nothing for the customer: its subscription ended, is paused or is unpaid
    /// (<see cref="WithoutSubscription.Inactive"/>).
    /// </summary>
    public bool IsInactive { get; init; }

    /// <summary>The project's features by code, to find a credit pool's.</summary>
    public required IReadOnlyDictionary<string, FeatureEntry> FeaturesByCode { get; init; }

    /// <summary>Whose balances the customer uses, as a member of that one; null: its own.</summary>
    public string? Owner { get; init; }

    /// <summary>Open holds by id. Only the owning lane touches it.</summary>
    public IReadOnlyDictionary<Guid, Slot<Hold>> Holds => _holds;

    /// <summary>No open hold expires before this. Safe on any thread.</summary>
    public Instant NextExpiry => new(Volatile.Read(ref _nextExpiry));

    public IReadOnlyList<FeatureState> Features => Volatile.Read(ref _features);

    /// <summary>In force; null: the customer has none.</summary>
    public Entitlement? EntitlementOf(int featureKey) => Terms.Current.EntitlementOf(featureKey);

    public FeatureState BookOf(FeatureEntry feature)
    {
        if (FindAccount(feature.Key) is { } known)
        {
            return known;
        }

        var book = new FeatureState(this, feature);
        Volatile.Write(ref _features, [.. _features, book]);
        return book;
    }

    public FeatureState? FindAccount(int featureKey)
    {
        foreach (var book in Volatile.Read(ref _features))
        {
            if (book.Feature.Key == featureKey)
            {
                return book;
            }
        }

        return null;
    }

    public FeatureEntry? FeatureNamed(string code) => FeaturesByCode.GetValueOrDefault(code);

    /// <summary>
    /// Known to belong to this customer. Who has left since is still known here, and then the version of the customer and of its
    /// balances is not this book's any more. Only the owning lane asks.
    /// </summary>
    public bool HasMember(string member) => _members?.Contains(member) == true;

    public void LoadMember(string member) => (_members ??= new(StringComparer.Ordinal)).Add(member);

    public void LoadHold(Hold hold) => AddHold(new(hold, hold));

    /// <summary>A new reservation. Stored with the batch.</summary>
    public Slot<Hold> OpenHold(Hold hold)
    {
        var slot = new Slot<Hold>(null, hold);
        AddHold(slot);
        Touch(slot);
        return slot;
    }

    private void AddHold(Slot<Hold> slot)
    {
        _holds[slot.Current.Id] = slot;
        _expiries.Add((slot.Current.ExpiresAt, slot.Current.Id));
        SetNextExpiry();
    }

    /// <summary>It is open no longer, whatever became of it.</summary>
    public void CloseHold(Guid id)
    {
        if (_holds.Remove(id, out var slot))
        {
            _expiries.Remove((slot.Current.ExpiresAt, id));
            SetNextExpiry();
        }
    }

    public void Extend(Slot<Hold> open, Instant expiresAt)
    {
        _expiries.Remove((open.Current.ExpiresAt, open.Current.Id));
        Put(open, open.Current with { ExpiresAt = expiresAt });
        _expiries.Add((expiresAt, open.Current.Id));
        SetNextExpiry();
    }

    private void SetNextExpiry() =>
        Volatile.Write(ref _nextExpiry, (_expiries.Count == 0 ? Instant.FarFuture : _expiries.Min.ExpiresAt).UnixMicroseconds);

    /// <summary>
    /// Open holds whose time is over, the oldest first; with <paramref name="since"/> only those that it was not over for then.
    /// </summary>
    public IReadOnlyList<Slot<Hold>> ExpiredHolds(Instant now, Instant? since = null)
    {
        if (now < NextExpiry || now <= since)
        {
            return [];
        }

        var from = since is { } seen ? (new Instant(seen.UnixMicroseconds + 1), Guid.Empty) : _expiries.Min;
        return [.. _expiries.GetViewBetween(from, (now, Guid.AllBitsSet)).Select(expiry => _holds[expiry.Id])];
    }

    /// <summary>A feature's book for a reader: the kept one, or one made for the occasion that nobody else sees.</summary>
    public FeatureState ViewOf(FeatureEntry feature) => FindAccount(feature.Key) ?? new FeatureState(this, feature);

    /// <summary>Rows that the batch in progress may have changed; ask each whether it <see cref="Slot.IsDirty"/>.</summary>
    public IReadOnlyList<Slot> Touched => _touched;

    /// <summary>From here on, <see cref="Undo"/> can take back what <see cref="Put{T}"/> does: one decision, all or nothing.</summary>
    public void Begin() => _undo.Clear();

    public void Put<T>(Slot<T> slot, T value) where T : class
    {
        _undo.Add((slot, slot.Current));
        slot.Current = value;
        Touch(slot);
    }

    /// <summary>
    /// The row is written with the batch although nothing of it changes: whoever decides on it elsewhere has to look again.
    /// </summary>
    /// <returns>False: it is written anyway.</returns>
    public bool Renew(Slot<Balance> row)
    {
        if (row is { IsListed: true, IsDirty: true })
        {
            return false;
        }

        Put(row, row.Current with { });
        return true;
    }

    public void Touch(Slot slot)
    {
        if (!slot.IsListed)
        {
            slot.IsListed = true;
            _touched.Add(slot);
        }
    }

    public void Undo()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            _undo[i].Slot.Restore(_undo[i].Value);
        }

        _undo.Clear();
    }

    /// <summary>The batch is committed: what it made of the touched rows is now stored, and their list starts anew.</summary>
    public void Accept()
    {
        foreach (var slot in _touched)
        {
            slot.IsListed = false;
            switch (slot)
            {
                case Slot<Balance> { IsDirty: true } balance:
                    balance.Accept(balance.Current with { Version = balance.Current.Version + 1 });
                    break;
                case Slot<Grant> { IsDirty: true } grant:
                    grant.Accept(grant.Current);
                    break;
                case Slot<Hold> { IsDirty: true } hold:
                    hold.Accept(hold.Current);
                    break;
                case Slot<RateState> { IsDirty: true } rate:
                    rate.Accept(rate.Current);
                    break;
                case Slot<LevelTimeline> { IsDirty: true } reports:
                    reports.Accept(reports.Current);
                    break;
            }
        }

        _touched.Clear();
    }
}
