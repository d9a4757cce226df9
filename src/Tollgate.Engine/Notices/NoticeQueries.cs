using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Secrets;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Notices;

/// <summary>Gathers the notices that a customer sees now from the rooms that own the facts.</summary>
public sealed class NoticeQueries(
    NpgsqlDataSource database, CustomerQueries customers, SubscriptionQueries subscriptions, ChangeSubscription change,
    DunningQueries dunning, PaymentProviders providers, PaymentMethods methods, QuotaGate gate,
    SecretBox secrets, Clock clock)
{
    /// <summary>The maximum number of payment notices, oldest invoices first: more reminders of one kind would help no reader.</summary>
    public const int MostInvoices = 36;

    /// <summary>Newest first: ten thresholds of more features than a plan sells by use.</summary>
    private const int MostCrossings = 500;

    /// <summary>
    /// Lists notices by importance. A member sees usage only, because its owner pays. Null: this project has no such customer.
    /// </summary>
    public async Task<IReadOnlyList<Notice>?> ListAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        if (await customers.FindAsync(project, customer, cancel) is not { } row)
        {
            return null;
        }

        var facts = new NoticeFacts(
            clock.Now(project), project.Zone, project.Catalog.DefaultPlan.Plan.Name, await dunning.PolicyAsync(project, cancel))
        {
            Reached = await ReachedAsync(project, customer, cancel),
        };
        if (row.Owner is not null)
        {
            return NoticeRules.Of(facts);
        }

        var live = (await subscriptions.FindLiveAsync(project, customer, cancel))?.Row;
        var abilities = providers.CapabilitiesOf(project);
        var cards = await methods.ListAsync(project, customer, cancel) ?? [];
        return NoticeRules.Of(facts with
        {
            HasPayPage = abilities.HasCheckout,
            ChargesCards = abilities.ChargesSavedMethods,
            HasCard = cards.Any(card => card.Provider == project.Payments.Provider),
            Subscription = live?.Subscription,
            Prices = live?.Subscription is { } one && NoticeRules.AnnouncesPrice(one, facts.Now)
                ? (await change.GlanceAsync(project, one, cancel))?.Prices ?? []
                : [],
            SubscriptionId = live is null ? null : live.Reference ?? live.Subscription.Id.ToString("D"),
            ScheduledSince = live is null ? null : await ScheduledSinceAsync(live, cancel),
            PastDueSince = live?.Subscription.Status == SubscriptionStatus.PastDue
                ? await LastTimeAsync(live, SubscriptionVerb.FailPayment, cancel)
                : null,
            Bill = live?.Subscription is { Status: SubscriptionStatus.PastDue, ManagedBy: not null } ? await BillAsync(live, cancel) : null,
            Owed = await OwedAsync(project, row, cancel),
        });
    }

    /// <summary>The thresholds at or below present usage: grants since a crossing may have lowered the percentage below it again.</summary>
    private async Task<IReadOnlyList<ReachedThreshold>> ReachedAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        var (account, standing) =
            (await customers.FindAccountAsync(project, customer, cancel), await gate.StandingAsync(project, customer, cancel));
        var reached = (standing?.Features ?? []).Where(static one => one.Standing is not null)
            .Select(static one =>
                (one.Feature, one.Entitlement, Standing: one.Standing!, Percent: NoticeRules.Reached(one.Entitlement, one.Standing!)))
            .Where(static one => one.Percent is not null).ToArray();
        if (account is null || reached.Length == 0)
        {
            return [];
        }

        var crossings = await customers.AllCrossingsAsync(account, MostCrossings, cancel);
        return [.. reached.Select(one => new ReachedThreshold(
            one.Feature.Feature, one.Entitlement, one.Standing, one.Percent!.Value,
            // A smaller plan can put usage beyond a threshold that it never went through.
            crossings.FirstOrDefault(it => it.FeatureKey == one.Feature.Key && it.Crossing.PeriodStart == one.Standing.Period.Start
                && it.Crossing.Percent >= one.Percent)
                ?.Crossing.CrossedAt ?? one.Standing.Period.Start))];
    }

    private async Task<Instant?> ScheduledSinceAsync(SubscriptionRow row, CancellationToken cancel)
    {
        var verb = row.Subscription switch
        {
            { CancelAt: not null } =>
                SubscriptionVerb.ScheduleCancel, { Scheduled: not null } => SubscriptionVerb.Schedule, _ => (SubscriptionVerb?)null,
        };
        return verb is null ? null : await LastTimeAsync(row, verb.Value, cancel);
    }

    private async Task<Instant?> LastTimeAsync(SubscriptionRow row, SubscriptionVerb verb, CancellationToken cancel)
    {
        await using var command = database.Command(
            NoticeSql.LastTime, row.Partition, row.Account, row.Subscription.Id, CatalogWords.Of(verb));
        return await command.ExecuteScalarAsync(cancel) is DateTime at ? Instant.FromUtc(at) : null;
    }

    private async Task<ProviderBill?> BillAsync(SubscriptionRow row, CancellationToken cancel)
    {
        await using var command = database.Command(NoticeSql.Bill, row.Partition, row.Account, row.Subscription.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var page = !reader.IsDBNull(3)
            && secrets.OpenText(
                reader.GetString(3), SecretPlace.InvoicePage(reader.GetInt32(4), reader.GetString(5), reader.GetString(6))) is { } address
            && Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps ? url : null;
        return new(reader.IsDBNull(0) ? null : reader.GetString(0), new(reader.GetInt64(2), Currency.Of(reader.GetString(1))), page);
    }

    private async Task<IReadOnlyList<OwedInvoice>> OwedAsync(ProjectSnapshot project, CustomerRow row, CancellationToken cancel)
    {
        await using var command = database.Command(NoticeSql.Owed, row.Partition, row.Account, MostInvoices);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var owed = new List<OwedInvoice>();
        var rows = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            owed.Add(Read(rows, project));
        }

        return owed;
    }

    private static OwedInvoice Read(RowReader row, ProjectSnapshot project)
    {
        var invoice = new OwedInvoice(
            row.Id("id"), row.Text("number"), new(row.Long("due"), Currency.Of(row.Text("currency"))), row.Time("issued_at"),
            row.Time("due_at"),
            row.TimeOrNull("collect_at"));
        if (row.IsNull("subscription"))
        {
            return invoice;
        }

        var (subscription, status, plan) =
            (row.Text("subscription"), CatalogWords.Read<SubscriptionStatus>(row.Text("subscription_status")),
                project.Catalog.VersionOf(row.Whole("plan_version_id")).Plan.Name);
        return invoice with
        {
            Failing = row.Flag("is_failing")
                ? new(row.Whole("failures"), CatalogWords.Read<PaymentFailure>(row.Text("last_failure")), row.Time("first_failed_at"),
                    row.TimeOrNull("planned_at"), subscription,
                    status, plan)
                : null,
            Ended = row.TimeOrNull("ended_at") is { } ended ? new(subscription, plan, ended, status == SubscriptionStatus.Paused) : null,
        };
    }
}
