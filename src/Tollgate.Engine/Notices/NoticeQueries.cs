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
            Prices = live?.Subscription is { } one && NoticeRules.TellsPrice(one, facts.Now)
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
        while (await reader.ReadAsync(cancel))
        {
            owed.Add(Read(reader, project));
        }

        return owed;
    }

    private static OwedInvoice Read(NpgsqlDataReader reader, ProjectSnapshot project)
    {
        var invoice = new OwedInvoice(
            reader.GetGuid(0), reader.GetString(1), new(reader.GetInt64(3), Currency.Of(reader.GetString(2))), At(4)!.Value, At(5)!.Value,
            At(6));
        if (reader.IsDBNull(12))
        {
            return invoice;
        }

        var (subscription, status, plan) =
            (reader.GetString(12), CatalogWords.Read<SubscriptionStatus>(reader.GetString(13)),
                project.Catalog.PlanVersions[reader.GetInt32(14)].Plan.Name);
        return invoice with
        {
            Failing = reader.GetBoolean(7)
                ? new(reader.GetInt32(8), CatalogWords.Read<PaymentFailure>(reader.GetString(9)), At(10)!.Value, At(11), subscription,
                    status, plan)
                : null,
            Ended = At(15) is { } ended ? new(subscription, plan, ended, status == SubscriptionStatus.Paused) : null,
        };

        Instant? At(int column) => reader.IsDBNull(column) ? null : Instant.FromUtc(reader.GetDateTime(column));
    }
}
