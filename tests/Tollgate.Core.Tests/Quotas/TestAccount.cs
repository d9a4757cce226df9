using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Quotas;

/// <summary>An account with one feature, as a lane holds it.</summary>
internal sealed class TestAccount
{
    public static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc));

    public static readonly Period Month = new(
        Instant.FromUtc(new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc)),
        Instant.FromUtc(new DateTime(2026, 12, 1, 0, 0, 0, DateTimeKind.Utc)));

    public TestAccount(Entitlement entitlement, params ReadOnlySpan<Grant> grants)
        : this(entitlement, isInactive: false, grants)
    {
    }

    public TestAccount(Entitlement entitlement, bool isInactive, params ReadOnlySpan<Grant> grants)
    {
        Feature = new(1, new Feature { Code = "unit", Name = "Unit" });
        Account = new()
        {
            ProjectId = 1, Customer = "c", Partition = 0, Key = 1, CustomerVersion = 1, CatalogRevision = 1,
            Terms = new([Terms(Instant.Epoch, 1, entitlement)]), CustomerSince = Instant.Epoch, IsInactive = isInactive,
            Zone = TimeZoneInfo.Utc,
            FeaturesByCode = new Dictionary<string, FeatureEntry> { ["unit"] = Feature },
        };
        Account.FeatureOf(Feature).Load(grants.ToArray());
    }

    /// <summary>A plan with one entitlement, from an instant on.</summary>
    public static CustomerTerms Terms(Instant from, int plan, Entitlement entitlement) => new(
        from, new(
            plan, 1, new Plan { Code = $"p{plan}", Name = "P", SortOrder = 1 },
            new Dictionary<int, Entitlement> { [1] = entitlement }.ToFrozenDictionary()),
        IsDefault: false, FrozenDictionary<int, Entitlement>.Empty);

    public AccountState Account { get; }

    public FeatureEntry Feature { get; }

    public FeatureState Unit => Account.FeatureOf(Feature);

    public Balance Balance => Unit.BalanceIn(Month).Current;

    public static Quantity Q(decimal value) => Quantity.Of(value);

    public Effect Of(decimal amount) => new(Feature, Q(amount), MeterAggregate.Sum, default);

    public static Grant Grant(int number, decimal amount, GrantSource source = GrantSource.TopUp, int priority = 100, int days = 60) =>
        new()
    {
        Id = new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), FeatureKey = 1, Source = source, Priority = priority, Amount = Q(amount),
        EffectiveAt = Month.Start, ExpiresAt = Now.Plus(TimeSpan.FromDays(days)), CreatedAt = Month.Start,
    };

    public FeatureFacts Facts(Quantity? quota, Entitlement entitlement, Balance balance, params Grant[] grants) =>
        new(Feature, entitlement, quota, balance, GrantRules.InBurnOrder(grants, Now));
}
