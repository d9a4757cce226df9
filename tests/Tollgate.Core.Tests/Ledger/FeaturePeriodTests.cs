using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Quotas;
using Tollgate.Core.Tests.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Ledger;

/// <summary>
/// The periods of one feature for a customer who subscribes on 12 March and changes plans: "month" counts by the subscription's months,
/// "calendar" by those of the calendar, "none" does not name the feature.
/// </summary>
public sealed class FeaturePeriodTests
{
    private static readonly Instant Subscribed = Day(3, 12);

    [Theory]
    [InlineData("month", 3, 20, "03-12 04-12")]
    [InlineData("none", 3, 20, "03-12 04-12")]
    [InlineData("calendar", 3, 20, "03-01 04-01")]
    [InlineData("month@1 none@12 month@20", 3, 25, "03-12 04-12")]
    [InlineData("month@1 none@12 month@20", 3, 15, "03-12 04-12")]
    [InlineData("none@1 month@20", 3, 25, "03-12 04-12")]
    [InlineData("none@1 month@20", 3, 15, "03-12 04-12")]
    [InlineData("none@1 calendar@20", 3, 25, "03-01 04-01")]
    [InlineData("none@1 calendar@20", 3, 15, "03-01 04-01")]
    [InlineData("month@12 none@15 month@20", 3, 18, "03-12 04-12")]
    [InlineData("calendar@12 none@15 calendar@20", 3, 18, "03-01 04-01")]
    [InlineData("calendar@1 month@20", 3, 15, "03-01 03-20")]
    [InlineData("calendar@1 month@20", 3, 25, "03-20 04-12")]
    [InlineData("calendar@1 none@15 month@20", 3, 18, "03-01 03-20")]
    [InlineData("calendar@1 none@15 month@20", 3, 25, "03-20 04-12")]
    [InlineData("calendar@1 month@5 month@20", 3, 25, "03-12 04-12")]
    [InlineData("month@1 calendar@12", 3, 25, "03-01 04-01")]
    public void A_plan_that_does_not_name_the_feature_cuts_no_period(string plans, int month, int day, string period)
    {
        var terms = plans.Split(' ').Select(static (plan, i) => Of(plan.Split('@'), i)).ToList();
        var feature = new FeatureEntry(1, new Feature { Code = "unit", Name = "Unit" });
        var account = new AccountState
        {
            ProjectId = 1, Customer = "c", Partition = 0, Key = 1, CustomerVersion = 1, CatalogRevision = 1, Terms = new(terms),
            CustomerSince = Instant.Epoch,
            Zone = TimeZoneInfo.Utc, Cycles = [new(Subscribed, new Anchor(Subscribed), PriceInterval.Monthly)],
            FeaturesByCode = new Dictionary<string, FeatureEntry> { ["unit"] = feature },
        };

        var found = account.FeatureOf(feature).PeriodAt(Day(month, day));

        $"{found.Start.ToUtc():MM-dd} {found.End.ToUtc():MM-dd}".ShouldBe(period);
    }

    private static CustomerTerms Of(string[] plan, int i)
    {
        Entitlement? entitlement = plan[0] switch
        {
            "month" => new() { Feature = "unit", Period = QuotaPeriodKind.BillingMonth },
            "calendar" => new() { Feature = "unit", Period = QuotaPeriodKind.CalendarMonth },
            _ => null,
        };
        var from = plan.Length > 1 ? Day(3, int.Parse(plan[1], System.Globalization.CultureInfo.InvariantCulture)) : Instant.Epoch;
        var entitlements = entitlement is null
            ? FrozenDictionary<int, Entitlement>.Empty
            : new Dictionary<int, Entitlement> { [1] = entitlement }.ToFrozenDictionary();
        return new(
            from, new(i + 1, 1, new Plan { Code = $"p{i}", Name = "P", SortOrder = i }, entitlements), IsDefault: false,
            FrozenDictionary<int, Entitlement>.Empty);
    }

    private static Instant Day(int month, int day) => Instant.FromUtc(new DateTime(2026, month, day, 0, 0, 0, DateTimeKind.Utc));
}
