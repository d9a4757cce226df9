using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Subscriptions;

/// <summary>A subscription as lists show it.</summary>
public sealed record SubscriptionItem(SubscriptionRow Row, string Customer, Guid? LatestInvoice);

/// <summary>A fact of a subscription's timeline.</summary>
/// <param name="At">The time at which it took effect.</param>
/// <param name="Invoice">The invoice that bills it.</param>
public sealed record SubscriptionFact(
    int Sequence, string Verb, Instant At, Instant RecordedAt, string Actor, string? Cause, Guid? Invoice, SubscriptionState After);

/// <summary>The state of a subscription at an instant.</summary>
public sealed record SubscriptionThen(Guid Key, string Id, string Currency, SubscriptionState State);

/// <summary>A parked subscription, which waits for an operator.</summary>
public sealed record ParkedSubscription(Guid Id, string? Reference, string Customer, Instant? DueAt, Instant ParkedAt, string Reason);

/// <summary>Filters of a list of subscriptions. A null filter matches every subscription.</summary>
public sealed record SubscriptionFilter(string? Customer, SubscriptionStatus? Status, string? Plan);

/// <summary>The number of customers with a plan, or of subscriptions to it in one status and interval.</summary>
/// <param name="Plan">Null: the project's default plan.</param>
/// <param name="Status">Null: the number counts customers; otherwise subscriptions that have not ended.</param>
public sealed record PlanCount(string? Plan, SubscriptionStatus? Status, PriceInterval? Interval, long Number);

/// <summary>Reads of subscriptions. Every statement is bounded by the project.</summary>
public sealed class SubscriptionQueries(NpgsqlDataSource database)
{
    public async Task<SubscriptionItem?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.Show, project.Id, id);
        return (await ReadAsync(command, project, cancel)).SingleOrDefault();
    }

    /// <summary>Returns the subscriptions that the project has among the ids, in any order.</summary>
    public async Task<IReadOnlyList<SubscriptionItem>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<Guid> ids, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.ShowSeveral, project.Id, ids.ToArray());
        return await ReadAsync(command, project, cancel);
    }

    /// <summary>Returns the customer's live subscription; null: there is none.</summary>
    public async Task<SubscriptionItem?> FindLiveAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.ShowLive, project.Id, customer);
        return (await ReadAsync(command, project, cancel)).SingleOrDefault();
    }

    /// <summary>In any order.</summary>
    public async Task<IReadOnlyList<PlanCount>> PerPlanAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.PerPlan, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var counts = new List<PlanCount>();
        while (await reader.ReadAsync(cancel))
        {
            counts.Add(new(
                reader.IsDBNull(0) ? null : reader.GetString(0),
                reader.IsDBNull(1) ? null : CatalogWords.Read<SubscriptionStatus>(reader.GetString(1)),
                reader.IsDBNull(2) ? null : CatalogWords.Read<PriceInterval>(reader.GetString(2)),
                reader.GetInt64(3)));
        }

        return counts;
    }

    public async Task<IReadOnlyList<SubscriptionItem>> ListAsync(
        ProjectSnapshot project, SubscriptionFilter filter, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            SubscriptionSql.List(filter.Customer is not null),
            project.Id,
            SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Status is { } status ? CatalogWords.Of(status) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid),
            limit,
            SqlCommands.OrNull(filter.Plan, NpgsqlDbType.Text));
        return await ReadAsync(command, project, cancel);
    }

    internal static async Task<IReadOnlyList<SubscriptionItem>> OnOlderVersionsAsync(
        NpgsqlDataSource database, ProjectSnapshot project, PlanVersion newest, MigrationOrder order, CancellationToken cancel)
    {
        await using var command = database.Command(
            SubscriptionSql.OnOlderVersions,
            project.Id,
            newest.Code,
            newest.Id,
            SqlCommands.OrNull(order.FromVersion, NpgsqlDbType.Integer),
            order.Most + 1,
            SqlCommands.OrNull(order.After, NpgsqlDbType.Uuid),
            order.When == ChangeTime.Now);
        return await ReadAsync(command, project, cancel);
    }

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<SubscriptionFact>> FactsAsync(SubscriptionRow row, int after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.Facts, row.Partition, row.Account, row.Subscription.Id, after, limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var facts = new List<SubscriptionFact>();
        while (await reader.ReadAsync(cancel))
        {
            facts.Add(new(
                reader.GetInt32(0), reader.GetString(1), Instant.FromUtc(reader.GetDateTime(2)), Instant.FromUtc(reader.GetDateTime(3)),
                reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetGuid(6),
                JsonSerializer.Deserialize(reader.GetString(7), SubscriptionJson.Stored.SubscriptionState)!));
        }

        return facts;
    }

    /// <summary>Returns the account's subscription at an instant, or the last one before it; null: there was none yet.</summary>
    public async Task<SubscriptionThen?> FindThenAsync(CustomerRow account, Instant at, CancellationToken cancel)
    {
        await using var command = database.Command(SubscriptionSql.Then, account.Partition, account.Account, at.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(
                reader.GetGuid(0), reader.IsDBNull(1) ? reader.GetGuid(0).ToString("D") : reader.GetString(1), reader.GetString(2),
                JsonSerializer.Deserialize(reader.GetString(3), SubscriptionJson.Stored.SubscriptionState)!)
            : null;
    }

    /// <summary>Oldest first.</summary>
    /// <param name="after">The time and the id of the last subscription of the previous page; null: the first page.</param>
    public async Task<IReadOnlyList<ParkedSubscription>> ParkedAsync(
        ProjectSnapshot project, (Instant ParkedAt, Guid Id)? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            SubscriptionSql.Parked, project.Id, limit, SqlCommands.OrNull(after?.ParkedAt.ToUtc(), NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(after?.Id, NpgsqlDbType.Uuid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var parked = new List<ParkedSubscription>();
        while (await reader.ReadAsync(cancel))
        {
            parked.Add(new(
                reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2),
                reader.IsDBNull(3) ? null : Instant.FromUtc(reader.GetDateTime(3)), Instant.FromUtc(reader.GetDateTime(4)),
                reader.GetString(5)));
        }

        return parked;
    }

    /// <summary>Releases a parked subscription: the next run computes its invoice again. False: it is not parked.</summary>
    public async Task<bool> UnparkAsync(SubscriptionRow row, CancellationToken cancel)
    {
        await using var command = database.Command(
            SubscriptionSql.Park, row.Partition, row.Account, row.Subscription.Id, SqlCommands.OrNull(null, NpgsqlDbType.TimestampTz),
            SqlCommands.OrNull(null, NpgsqlDbType.Text));
        return row.ParkedAt is not null && await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static async Task<IReadOnlyList<SubscriptionItem>> ReadAsync(
        NpgsqlCommand command, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var items = new List<SubscriptionItem>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            items.Add(new(SubscriptionRow.Read(row, project), row.Text("customer_id"), row.IdOrNull("newest_invoice")));
        }

        return items;
    }
}
