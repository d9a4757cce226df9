using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Paymob;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Paymob;

/// <summary>The rows of orders and refunds, which are committed before the requests to Paymob.</summary>
public sealed partial class PaymobProvider
{
    private async Task<int?> NextAttemptAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.NextAttempt, project.Id, key);
        return await command.ExecuteScalarAsync(cancel) as int?;
    }

    /// <summary>After an attempt that made no order the payment need not wait for it.</summary>
    private Task EndAttemptAsync(ProjectSnapshot project, Guid key, int attempt, CancellationToken cancel) =>
        ExecuteAsync(PaymobSql.EndAttempt, cancel, project.Id, key, attempt, PaymobRules.EndedAfter.TotalSeconds);

    /// <summary>Returns null if there is no page.</summary>
    private async Task<KeptOrder?> OrderAsync(ProjectSnapshot project, Guid key, CancellationToken cancel) =>
        (await ReadOrderAsync(project, key, cancel)).Order;

    /// <summary>Returns the order of a payment, or whether another request may be making it just now.</summary>
    private async Task<(KeptOrder? Order, bool MayBeMade)> FindOrderAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        var (order, isYoung) = await ReadOrderAsync(project, key, cancel);
        if (order is null && isYoung is null)
        {
            // The payment is committed before its first attempt begins: from now on it has the time of one.
            await ExecuteAsync(PaymobSql.Reserve, cancel, project.Id, key);
        }

        return (order, isYoung ?? true);
    }

    /// <returns>The order is null: there is no page. The flag is null: no attempt has begun.</returns>
    private async Task<(KeptOrder? Order, bool? IsYoung)> ReadOrderAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.FindOrder, project.Id, key, PaymobRules.EndedAfter.TotalSeconds);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return (null, null);
        }

        var order = reader.IsDBNull(0)
            ? null
            : new KeptOrder(
                reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetDateTime(3), reader.GetDateTime(4),
                reader.IsDBNull(5) ? null : new DateTimeOffset(reader.GetDateTime(5)), reader.GetBoolean(6));
        return (order, reader.GetBoolean(7));
    }

    private async Task<Guid?> KeyOfAsync(ProjectSnapshot project, long order, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.KeyOfOrder, project.Id, order);
        return await command.ExecuteScalarAsync(cancel) as Guid?;
    }

    private async Task<KeptRefund?> RefundOfAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.FindRefund, project.Id, key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(
                reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1),
                reader.IsDBNull(2) ? null : CatalogWords.Read<PaymentFailure>(reader.GetString(2)), reader.GetBoolean(3))
            : null;
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = database.Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private sealed record KeptOrder(
        string Reference, long Order, string Page, DateTimeOffset ExpiresAt, DateTimeOffset MadeAt, DateTimeOffset? AskedAt, bool IsCharge);

    /// <param name="Before">The refunded amount of the payment when the refund was ordered, in minor units.</param>
    private sealed record KeptRefund(long Before, long? Reference, PaymentFailure? Failure, bool IsDone);
}
