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

    /// <summary>
    /// Ends a payment for which no order was stored, unless a request may be making one just now. No order is stored after the end, so
    /// nobody pays it and no card is charged.
    /// </summary>
    /// <returns>False: it has not ended.</returns>
    private async Task<bool> EndWithoutOrderAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.EndWithoutOrder, project.Id, key, PaymobRules.EndedAfter.TotalSeconds);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>Returns null if there is no page.</summary>
    private async Task<KeptOrder?> OrderAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        await using var command = database.Command(PaymobSql.FindOrder, project.Id, key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) && !reader.IsDBNull(0)
            ? new(
                reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetDateTime(3), reader.GetDateTime(4),
                reader.IsDBNull(5) ? null : new DateTimeOffset(reader.GetDateTime(5)), reader.GetBoolean(6))
            : null;
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
