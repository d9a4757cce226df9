using System.Collections.Frozen;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The monthly recurring revenue in one currency, each amount rounded once.</summary>
public sealed record RevenueChange(MoneyAmount Before, MoneyAmount After);

/// <summary>The effects of a catalogue on subscriptions if all were migrated to it.</summary>
/// <param name="Subscriptions">The number of active subscriptions whose plan would get a newer version.</param>
/// <param name="Revenue">The revenue of those subscriptions, by currency; currencies without revenue are left out.</param>
public sealed record MigrationOutlook(long Subscriptions, IReadOnlyList<RevenueChange> Revenue)
{
    public static readonly MigrationOutlook Nothing = new(0, []);
}

/// <summary>
/// Previews the migration of all subscriptions with older versions of a catalogue's changed plans, before it is published, with the terms
/// that <see cref="MigratePlan"/> would give each. Publishing alone migrates nobody. It reads one statement, grouped by equal terms, as a
/// stream: memory does not grow with the number of subscriptions.
/// </summary>
public sealed class PreviewMigration(NpgsqlDataSource database, Clock clock)
{
    public async Task<MigrationOutlook> RunAsync(ProjectSnapshot project, CatalogDocument document, CancellationToken cancel)
    {
        var coming = VersionsOf(project, document);
        if (coming.Count == 0)
        {
            return MigrationOutlook.Nothing;
        }

        var now = clock.Now(project);
        await using var command = database.Command(SubscriptionSql.TermsOnPlans, project.Id, coming.Keys.ToArray(), now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (subscriptions, sums) = (0L, new SortedDictionary<string, (decimal Before, decimal After)>(StringComparer.Ordinal));
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var (status, terms, number) =
                (CatalogWords.Read<SubscriptionStatus>(row.Text("status")), TermsOf(row, project), row.Long("number"));
            var coupons = CouponsOf(row);
            var scheduled = row.IsNull("scheduled") ? null : StoredTerms.Read(row.Text("scheduled"), terms.Currency, project.Catalog);
            var (moved, _, refusal) = ChangeAtOnce.Moved(document, terms, scheduled, coming[terms.Plan.Code]);
            var before = RevenueRules.PerMonth(status, terms, coupons, now).Major;
            var after = refusal is null ? RevenueRules.PerMonth(status, moved, coupons, now).Major : before;
            var sum = sums.GetValueOrDefault(terms.Currency.Code);
            sums[terms.Currency.Code] = (sum.Before + (before * number), sum.After + (after * number));
            subscriptions += number;
        }

        return new(subscriptions, [
            .. sums.Where(static one => one.Value != default).Select(static one =>
                new RevenueChange(Rounded(one.Value.Before, one.Key), Rounded(one.Value.After, one.Key))),
        ]);
    }

    /// <summary>Returns the versions that publishing would create for plans that exist.</summary>
    private static Dictionary<string, PlanVersion> VersionsOf(ProjectSnapshot project, CatalogDocument document)
    {
        var newest = project.Catalog.PlanVersions.Values.GroupBy(static version => version.Code)
            .ToDictionary(static plan => plan.Key, static plan => plan.MaxBy(static version => version.Number)!, StringComparer.Ordinal);
        return document.Plans.Where(plan => newest.TryGetValue(plan.Code, out var known)
            && PublishCatalog.Differs(plan, known.Plan, document))
            .ToDictionary(
                static plan => plan.Code,
                plan => new PlanVersion(0, newest[plan.Code].Number + 1, plan, FrozenDictionary<int, Entitlement>.Empty),
                StringComparer.Ordinal);
    }

    private static SubscriptionTerms TermsOf(RowReader row, ProjectSnapshot project) =>
        new(project.Catalog.VersionOf(row.Whole("plan_version_id")), CatalogWords.Read<PriceInterval>(row.Text("interval")),
            Currency.Of(row.Text("currency")), row.Long("quantity"))
        {
            CustomAmount = row.LongOrNull("custom_amount"), AddOns = AddOnText.Read(row.Text("add_ons")),
            AgreedDiscount = StoredDiscount.Read(row.TextOrNull("discount")),
        };

    /// <summary>
    /// Reads the coupons of each subscription of the group, which are the same for all. The statement has checked that they still apply.
    /// </summary>
    private static IReadOnlyList<Redemption> CouponsOf(RowReader row) => row.IsNull("codes")
        ? []
        : [
            .. row.Value<string[]>("codes").Zip(row.Value<string[]>("documents"), static (code, document) =>
                new Redemption(0, CouponText.Read(code, document), null, 0, null)),
        ];

    private static MoneyAmount Rounded(decimal major, string currency) => new ExactMoney(major, Currency.Of(currency)).Rounded();
}
