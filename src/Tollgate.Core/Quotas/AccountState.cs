using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Time;

namespace Tollgate.Core.Quotas;

/// <summary>
/// A customer's account in the memory of a lane: plan, features, open holds. It changes cost, never meaning: the lane writes each change
/// with the versions on which it decided, and discards and reloads a stale state.
/// </summary>
public sealed class AccountState
{
    /// <summary>
    /// The most reservations that a customer may have open at one time. The server loads all of them with the account, and one decision may
    /// expire all of them: 10,000 take 20 ms. The limit is also below the range of the column that counts them.
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

    public required int Key { get; init; }

    /// <summary>The version of the customer's row, which increases when plan, overrides or grants change.</summary>
    public required int CustomerVersion { get; init; }

    /// <summary>
    /// The revision of the catalogue with which the state was loaded. The server reloads the state when a newer one exists.
    /// </summary>
    public required int CatalogRevision { get; init; }

    /// <summary>
    /// The server's era in which it loaded the state. A state of an earlier era may miss the changes that another server has written since.
    /// </summary>
    public int Era { get; set; }

    /// <summary>
    /// The project's time for which the server loaded the state. Rows that were over by then are missing, so the state cannot serve
    /// decisions for an earlier time.
    /// </summary>
    public Instant ReadFor { get; set; }

    /// <summary>
    /// The state has every grant that had not expired by this time: a late event may burn a grant that has expired since.
    /// </summary>
    public Instant GrantsSince { get; set; }

    /// <summary>The key that encrypts the texts of its usage. Null: no use has needed it since the state was loaded.</summary>
    public UsageKey? UsageKey { get; set; }

    /// <summary>The plan, add-ons and overrides for every instant.</summary>
    public required TermsTimeline Terms { get; init; }

    /// <summary>The plan in force.</summary>
    public PlanVersion Plan => Terms.Current.Plan;

    public required Instant CustomerSince { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The billing cycles that billing months and billing periods follow. Empty: they follow the calendar.</summary>
    public IReadOnlyList<BillingCycle> Cycles { get; init; } = [];

    /// <summary>
    /// True if the project refuses every decision for the customer, because its subscription has ended, is paused or is unpaid
    /// (<see cref="WithoutSubscription.Inactive"/>).
    /// </summary>
    public bool IsInactive { get; init; }

    /// <summary>The project's features by code, to find the feature of a credit pool.</summary>
    public required IReadOnlyDictionary<string, FeatureEntry> FeaturesByCode { get; init; }

    /// <summary>The customer whose balances this one uses as a member; null: its own.</summary>
    public string? Owner { get; init; }

    /// <summary>Open holds by id. Only for the lane that owns the account.</summary>
    public IReadOnlyDictionary<Guid, Slot<Hold>> Holds => _holds;

    /// <summary>The earliest expiry of an open hold. Safe on any thread.</summary>
    public Instant NextExpiry => new(Volatile.Read(ref _nextExpiry));

    public IReadOnlyList<FeatureState> Features => Volatile.Read(ref _features);

    /// <summary>Returns the entitlement in force; null if the customer has none.</summary>
    public Entitlement? EntitlementOf(int featureKey) => Terms.Current.EntitlementOf(featureKey);

    public FeatureState FeatureOf(FeatureEntry feature)
    {
        if (FindFeature(feature.Key) is { } known)
        {
            return known;
        }

        var state = new FeatureState(this, feature);
        Volatile.Write(ref _features, [.. _features, state]);
        return state;
    }

    public FeatureState? FindFeature(int featureKey)
    {
        foreach (var state in Volatile.Read(ref _features))
        {
            if (state.Feature.Key == featureKey)
            {
                return state;
            }
        }

        return null;
    }

    public FeatureEntry? FeatureNamed(string code) => FeaturesByCode.GetValueOrDefault(code);

    /// <summary>
    /// True if the state knows the member. A member who has left since remains known, but then the versions of the customer and of its
    /// balances no longer match this state. Only for the lane that owns the account.
    /// </summary>
    public bool HasMember(string member) => _members?.Contains(member) == true;

    public void LoadMember(string member) => (_members ??= new(StringComparer.Ordinal)).Add(member);

    public void LoadHold(Hold hold) => AddHold(new(hold, hold));

    /// <summary>Adds a new reservation. The lane stores it with the batch.</summary>
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

    /// <summary>Removes a hold that is no longer open, for any reason.</summary>
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

    /// <summary>Returns the expired open holds, oldest first; with <paramref name="since"/> only those that expired after it.</summary>
    public IReadOnlyList<Slot<Hold>> ExpiredHolds(Instant now, Instant? since = null)
    {
        if (now < NextExpiry || now <= since)
        {
            return [];
        }

        var from = since is { } seen ? (new Instant(seen.UnixMicroseconds + 1), Guid.Empty) : _expiries.Min;
        return [.. _expiries.GetViewBetween(from, (now, Guid.AllBitsSet)).Select(expiry => _holds[expiry.Id])];
    }

    /// <summary>Returns the state of a feature for a reader: the kept one, or a new one that only the caller sees.</summary>
    public FeatureState ViewOf(FeatureEntry feature) => FindFeature(feature.Key) ?? new FeatureState(this, feature);

    /// <summary>The rows that the current batch may have changed; <see cref="Slot.IsDirty"/> says whether it did.</summary>
    public IReadOnlyList<Slot> Touched => _touched;

    /// <summary>Begins a decision: <see cref="Undo"/> reverts each <see cref="Put{T}"/> since this call, all or nothing.</summary>
    public void Begin() => _undo.Clear();

    public void Put<T>(Slot<T> slot, T value) where T : class
    {
        _undo.Add((slot, slot.Current));
        slot.Current = value;
        Touch(slot);
    }

    /// <summary>
    /// Makes the batch write the row although nothing in it changes, so that a server that decides on an older version has to reload.
    /// </summary>
    /// <returns>False if the batch writes the row anyway.</returns>
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

    /// <summary>
    /// Marks the batch as committed: the current rows become the stored ones, and the list of touched rows is empty again.
    /// </summary>
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
