using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>Writes a checkout's row within a transaction that locks its customer. The caller commits.</summary>
internal static class CheckoutWriter
{
    /// <summary>
    /// Ends a customer's oldest pages if one more would exceed <see cref="CheckoutQueries.MostOpen"/>. A page with a pending payment stays
    /// open.
    /// </summary>
    /// <returns>False: too many pages have a pending payment to make room.</returns>
    public static async Task<bool> MakeRoomAsync(CustomerChange change, ProjectSnapshot project, Instant now, CancellationToken cancel)
    {
        var open = await OpenPagesAsync(change, cancel);
        var over = open.Count - CheckoutQueries.MostOpen + 1;
        foreach (var (id, _) in open.Where(static one => !one.IsPending).Take(Math.Max(over, 0)))
        {
            await ExpireAsync(
                change, (await CheckoutQueries.FindAsync(change.Connection, project, id, cancel))!, now, PaymentActors.System, cancel);
            over--;
        }

        return over <= 0;
    }

    public static async Task OpenAsync(
        CustomerChange change, CheckoutRow row, byte[]? tokenHash, Issuer issuer, string actor, CancellationToken cancel)
    {
        var checkout = row.Checkout;
        await change.ExecuteAsync(
            CheckoutSql.Insert, cancel, row.Partition, row.Account, checkout.Id, row.Project, CatalogWords.Of(checkout.Kind),
            row.Wanted.Write(), SqlCommands.OrNull(tokenHash, NpgsqlDbType.Bytea),
            SqlCommands.OrNull(checkout.SuccessUrl, NpgsqlDbType.Text),
            SqlCommands.OrNull(checkout.CancelUrl, NpgsqlDbType.Text), checkout.CreatedAt.ToUtc(), checkout.ExpiresAt.ToUtc(),
            SqlCommands.OrNull(issuer.Key, NpgsqlDbType.Uuid), SqlCommands.OrNull(issuer.Token, NpgsqlDbType.Uuid),
            SqlCommands.OrNull(issuer.Session, NpgsqlDbType.Uuid));
        await AddFactAsync(change, row, "open", checkout.CreatedAt, actor, null, cancel);
    }

    /// <summary>
    /// Records an attempt to pay the checkout, before Tollgate asks anybody for money, with the price that the customer saw.
    /// </summary>
    /// <param name="by">The payment method to charge. No method: the provider's own page asks for one.</param>
    /// <param name="time">The time of the quoted price, and of the attempt.</param>
    public static async Task<Guid> AttemptAsync(
        CustomerChange change, CheckoutRow row, (MoneyAmount Due, int? ExpectedVersion) price,
        (PaymentProvider Provider, Guid? Method, string? Name) by,
        (Instant AsOf, Instant Now) time, string actor, CancellationToken cancel)
    {
        var (payment, due, now) = (Guid.CreateVersion7(time.Now.ToOffset()), price.Due, time.Now);
        await change.ExecuteAsync(
            PaymentSql.InsertOfCheckout, cancel, row.Partition, row.Account, payment, row.Project,
            SqlCommands.OrNull(row.Wanted.Invoice, NpgsqlDbType.Uuid),
            row.Checkout.Id, CatalogWords.Of(by.Provider), SqlCommands.OrNull(by.Method, NpgsqlDbType.Uuid), due.Currency.Code, due.Minor,
            now.ToUtc(),
            SqlCommands.OrNull(price.ExpectedVersion, NpgsqlDbType.Integer), time.AsOf.ToUtc());
        await change.ExecuteAsync(
            PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, "attempt", now.ToUtc(), due.Minor, actor,
            SqlCommands.OrNull(by.Name, NpgsqlDbType.Text));
        return payment;
    }

    /// <summary>True if Tollgate charges later payments to the method that the customer pays with or saves here.</summary>
    public static bool IsPaidWithLater(CheckoutRow row) => row.Checkout.Kind is CheckoutKind.Subscription or CheckoutKind.Setup;

    /// <summary>Completes a checkout. An expired one stays expired, even if its money arrived later.</summary>
    public static Task CompleteAsync(
        CustomerChange change, CheckoutRow row, (Guid? Subscription, Guid? Invoice, Guid? Payment) came, Instant now, string actor,
        CancellationToken cancel) =>
        FinishAsync(change, row, CheckoutStatus.Completed, came, now, actor, cancel);

    /// <summary>Records that the checkout's money became credit of the customer.</summary>
    public static Task CreditAsync(
        CustomerChange change, CheckoutRow row, Guid payment, Instant now, string actor, CancellationToken cancel) =>
        FinishAsync(change, row, CheckoutStatus.Credited, (null, null, payment), now, actor, cancel);

    public static Task ExpireAsync(CustomerChange change, CheckoutRow row, Instant now, string actor, CancellationToken cancel) =>
        FinishAsync(change, row, CheckoutStatus.Expired, default, now, actor, cancel);

    private static async Task<IReadOnlyList<(Guid Id, bool IsPending)>> OpenPagesAsync(CustomerChange change, CancellationToken cancel)
    {
        await using var command = change.Command(
            CheckoutSql.OpenPages, change.Row.Partition, change.Row.Account, CheckoutQueries.MostOpen);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var open = new List<(Guid, bool)>();
        while (await reader.ReadAsync(cancel))
        {
            open.Add((reader.GetGuid(0), reader.GetBoolean(1)));
        }

        return open;
    }

    private static async Task FinishAsync(
        CustomerChange change, CheckoutRow row, CheckoutStatus status, (Guid? Subscription, Guid? Invoice, Guid? Payment) came, Instant now,
        string actor,
        CancellationToken cancel)
    {
        var isFirst = await change.ExecuteAsync(
            CheckoutSql.Finish, cancel, row.Partition, row.Account, row.Checkout.Id, CatalogWords.Of(status), now.ToUtc(),
            SqlCommands.OrNull(came.Subscription, NpgsqlDbType.Uuid), SqlCommands.OrNull(came.Invoice, NpgsqlDbType.Uuid),
            SqlCommands.OrNull(came.Payment, NpgsqlDbType.Uuid)) == 1;
        if (isFirst)
        {
            var verb = status switch { CheckoutStatus.Completed => "complete", CheckoutStatus.Credited => "credit", _ => "expire" };
            await AddFactAsync(change, row, verb, now, actor, came.Payment is { } payment ? PaymentActors.NoteOf(payment) : null, cancel);
        }
    }

    private static Task AddFactAsync(
        CustomerChange change, CheckoutRow row, string verb, Instant at, string actor, string? note, CancellationToken cancel) =>
        change.ExecuteAsync(
            CheckoutSql.AddFact, cancel, row.Partition, row.Account, row.Checkout.Id, verb, at.ToUtc(), actor,
            SqlCommands.OrNull(note, NpgsqlDbType.Text));
}
