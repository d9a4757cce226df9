using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Dunning;

/// <summary>An invoice whose collection failed and is retried, or was stopped.</summary>
/// <param name="Subscription">The caller's id of the subscription.</param>
/// <param name="NextAttempt">Null: an attempt is pending, or there is no automatic retry.</param>
/// <param name="StoppedAt">The time at which automatic attempts stopped, because no customer can fix the failure.</param>
public sealed record DunningItem(
    Guid Invoice, string Number, string Customer, string Subscription, SubscriptionStatus Status, MoneyAmount Due, int Failures,
    PaymentFailure Failure,
    Instant FirstFailedAt, Instant? NextAttempt, Instant? StoppedAt);

/// <summary>Reads failed collections and the dunning policy.</summary>
public sealed class DunningQueries(NpgsqlDataSource database)
{
    /// <summary>Lists the oldest first.</summary>
    /// <param name="customer">Null: all customers.</param>
    /// <param name="after">The last invoice of the previous page.</param>
    public async Task<IReadOnlyList<DunningItem>> ListAsync(
        ProjectSnapshot project, string? customer, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            CollectionSql.ListFailing, project.Id, SqlCommands.OrNull(customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var items = new List<DunningItem>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            items.Add(new(
                row.Id("invoice"), row.Text("number"), row.Text("customer_id"), row.Text("subscription"),
                CatalogWords.Read<SubscriptionStatus>(row.Text("subscription_status")),
                new(row.Long("due"), Currency.Of(row.Text("currency"))), row.Whole("failures"),
                CatalogWords.Read<PaymentFailure>(row.Text("last_failure")),
                row.Time("first_failed_at"), row.TimeOrNull("collect_at"),
                row.TimeOrNull("ended_at")));
        }

        return items;
    }

    public async Task<DunningPolicy> PolicyAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await PolicyAsync(connection, project, cancel);
    }

    /// <summary>Sets the policy. Invoices already in dunning follow it from their next failure on.</summary>
    public async Task SetPolicyAsync(ProjectSnapshot project, DunningPolicy policy, CancellationToken cancel)
    {
        await using var command = database.Command(
            CollectionSql.SetPolicy, project.Id, policy.RetryDays.ToArray(), CatalogWords.Of(policy.FinalAction));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Returns the project's policy, or the default one.</summary>
    internal static async Task<DunningPolicy> PolicyAsync(NpgsqlConnection connection, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = connection.Command(CollectionSql.Policy, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(reader.GetFieldValue<int[]>(0), CatalogWords.Read<DunningEnd>(reader.GetString(1)))
            : DunningPolicy.Default;
    }
}
