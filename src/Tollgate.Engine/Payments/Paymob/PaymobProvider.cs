using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Paymob;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments.Paymob;

/// <summary>
/// Paymob: the customer pays on its page, and Paymob reports the result by callbacks. It has no idempotency keys; tables of Tollgate's own
/// (<c>paymob_orders</c>, <c>paymob_refunds</c>) replace them. It has no customers. <c>PaymobProvider.Charge.cs</c> charges saved cards.
/// </summary>
public sealed partial class PaymobProvider(
    PaymobClient client, ProviderKeys keys, PaymentQueries payments, SecretBox secrets, NpgsqlDataSource database, Clock clock,
    ILogger<PaymobProvider> log) : IPaymentProvider
{
    /// <summary>
    /// The bounds of a page's lifetime: a customer needs the least time to pay; the most is the life of an invoice's link. If saved cards
    /// are charged, a page, which cannot be closed, would delay the charge: its lifetime is then a day.
    /// </summary>
    private static readonly (TimeSpan Least, TimeSpan Most) Lifetime = (TimeSpan.FromMinutes(5), CheckoutLife.OfInvoice);

    /// <summary>The time after which a payment that began just before the deadline has ended.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(30);

    public PaymentProvider Name => PaymentProvider.Paymob;

    public ProviderCapabilities Capabilities { get; } = new()
    {
        HasCheckout = true, Refunds = true, Voids = true, SendsWebhooks = true, Credentials = PaymobCredentials.Fields,
    };

    public (string Field, string Fault)? Refuse(ProjectMode mode, IReadOnlyDictionary<string, string> credentials)
    {
        var account = PaymobCredentials.Read(credentials);
        if (PaymobAccount.Judge(account) is [var (name, fault), ..])
        {
            return ("credentials." + name, fault);
        }

        return account.IsLive == (mode == ProjectMode.Live)
            ? null
            : ("credentials." + PaymobCredentials.SecretKey, mode == ProjectMode.Live
                ? "A live project takes real money: live keys of Paymob are expected."
                : "A sandbox project moves no real money: test keys of Paymob are expected.");
    }

    /// <summary>Returns the existing page of a payment: a second page could be paid too.</summary>
    public async Task<HostedPage?> OpenCheckoutAsync(ProjectSnapshot project, CheckoutOrder order, CancellationToken cancel)
    {
        if (Account(project) is not { } account)
        {
            return null;
        }

        if (await NextAttemptAsync(project, order.Key, cancel) is { } attempt)
        {
            var reference = PaymobCredentials.ReferenceOf(order.Key, attempt);
            var now = clock.Now().ToOffset();
            var most = account.Moto is null ? Lifetime.Most : CheckoutLife.Default;
            var lifetime = TimeSpan.FromTicks(Math.Clamp((order.ExpiresAt - now).Ticks, Lifetime.Least.Ticks, most.Ticks));
            var answer = await client.IntendAsync(
                account,
                new(reference, order.Amount, order.Description, new(order.Customer.Name, order.Customer.Email), account.Integrations,
                    lifetime, order.SuccessUrl),
                cancel);
            if (answer?.Value is not { } intention)
            {
                Report(project, $"payment {order.Key} could not be offered", answer?.Refusal);
                await EndAttemptAsync(project, order.Key, attempt, CancellationToken.None);
                return null;
            }

            await ExecuteAsync(
                PaymobSql.KeepOrder, cancel, project.Id, order.Key, reference, intention.Order,
                Seal(client.PageOf(account, intention), order.Key),
                (now + lifetime).UtcDateTime, false);
        }

        return await OrderAsync(project, order.Key, cancel) is { } kept
            && secrets.OpenText(kept.Page, SecretPlace.Page(order.Key)) is { } page
            ? new(kept.Order.ToString(CultureInfo.InvariantCulture), new(page))
            : null;
    }

    public Task<Uri?> OpenPortalAsync(ProjectSnapshot project, ProviderParty customer, Uri returnUrl, CancellationToken cancel) =>
        Task.FromResult<Uri?>(null);

    /// <remarks>
    /// A decline is not final: the page stays, and the customer tries another card. A payment whose page was never shown or has expired has
    /// ended; a callback reports money that arrives later. While a page may still be made, nothing is decided.
    /// </remarks>
    /// <exception cref="ProviderSilentException">Paymob did not answer.</exception>
    public async Task<ProviderAnswer?> FindAsync(ProjectSnapshot project, Guid key, CancellationToken cancel)
    {
        if (await OrderAsync(project, key, cancel) is not { } order)
        {
            return await EndWithoutOrderAsync(project, key, cancel) ? new($"{key:N}", PaymentFailure.Canceled) : ProviderAnswer.Undecided;
        }

        var now = clock.Now().ToOffset();
        var isOver = now > order.ExpiresAt + Grace;
        if (order.IsCharge)
        {
            return await FindChargeAsync(project, key, order, isOver, cancel);
        }

        if (!isOver && order.AskedAt is { } asked && !PaymobRules.IsAskedAgain(now - order.MadeAt, now - asked))
        {
            return null;
        }

        var answer = await client.InquireAsync(AccountOrSilence(project), order.Reference, cancel) ?? throw Silent();
        await ExecuteAsync(PaymobSql.NoteAsked, cancel, project.Id, key, now.UtcDateTime);
        return answer.Value is { } paid && PaymobRules.StatusOf(paid) != PaymentStatus.Failed
            ? PaymobRules.StatusOf(paid) == PaymentStatus.Succeeded && await WhyNotWholeAsync(project, key, paid, cancel) is null
            ? new(ReferenceOf(paid), null)
            : null
            : isOver ? new(order.Reference, PaymentFailure.Canceled)
            : null;
    }

    /// <summary>
    /// 1. looks up the refunds of the payment so far and commits them with the refund; 2. asks Paymob; 3. writes the answer. In a repeat
    /// after a lost answer, step 1 tells whether step 2 happened, or the refund's own transaction if it is known.
    /// </summary>
    public async Task<ProviderAnswer?> RefundAsync(ProjectSnapshot project, RefundOrder order, CancellationToken cancel)
    {
        var known = await RefundOfAsync(project, order.Key, cancel);
        if (known is { IsDone: true })
        {
            return AnswerOf(order, known);
        }

        if (Account(project) is not { } account || !long.TryParse(order.Charge, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || await client.FindAsync(account, known?.Reference ?? id, cancel) is not { } looked)
        {
            return null;
        }

        if (known?.Reference is not null)
        {
            return await WriteAsync(project, order, looked, cancel);
        }

        if (looked.Value is not { } paid)
        {
            Report(project, $"transaction {id} could not be looked up", looked.Refusal);
            return null;
        }

        if (known is not null && PaymobRules.IsRefunded(paid, order.Amount, new(known.Before, order.Amount.Currency)))
        {
            return await EndRefundAsync(project, order, null, null, cancel);
        }

        // No row: another refund of the payment is pending. This one is retried when that has ended.
        return (known is not null
            || await ExecuteAsync(PaymobSql.BeginRefund, cancel, project.Id, order.Key, id, order.Amount.Minor, paid.Refunded.Minor) > 0)
            && await SendBackAsync(account, paid, order, cancel) is { } answer
                ? await WriteAsync(project, order, answer, cancel)
                : null;
    }

    public WebhookReading ReadWebhook(IReadOnlyDictionary<string, string> credentials, WebhookRequest request, DateTimeOffset now) =>
        PaymobCallbacks.Read(PaymobCredentials.Read(credentials).HmacSecrets, request);

    /// <summary>Returns the project that has the event's order.</summary>
    public async Task<ProjectSnapshot?> OwnerOfAsync(
        IReadOnlyList<ProjectSnapshot> projects, ProviderEvent @event, CancellationToken cancel)
    {
        if (PaymobCallbacks.OrderOf(@event) is not { } order)
        {
            return null;
        }

        await using var command = database.Command(PaymobSql.ProjectOfOrder, projects.Select(static one => one.Id).ToArray(), order);
        var known = await command.ExecuteScalarAsync(cancel) as int?;
        return projects.FirstOrDefault(one => one.Id == known);
    }

    /// <summary>
    /// Takes only the number of a transaction from a callback, because the rest may be old or unsigned, and asks Paymob for its state.
    /// </summary>
    public async Task<ParsedEvent> ParseAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel)
    {
        if (@event.Type == PaymobCallbacks.Token)
        {
            return await ParseCardAsync(project, @event, cancel);
        }

        if (@event.Type != PaymobCallbacks.Transaction
            || !long.TryParse(@event.Object, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            // Tollgate does not use plans that Paymob renews automatically.
            return ParsedEvent.Nothing;
        }

        var answer = await client.FindAsync(AccountOrSilence(project), id, cancel) ?? throw Silent();
        var transaction = answer.Value ?? throw new ProviderSilentException($"Paymob does not know transaction {id}: {answer.Refusal}");
        return transaction switch
        {
            { Pending: true } => new([]),
            { Parent: { } parent } when transaction.IsRefund || transaction.IsVoid =>
                await ParseRefundAsync(project, transaction, parent, cancel),
            _ => await ParsePaymentAsync(project, transaction, cancel),
        };
    }

    private async Task<ParsedEvent> ParsePaymentAsync(ProjectSnapshot project, PaymobTransaction transaction, CancellationToken cancel)
    {
        if (PaymobRules.StatusOf(transaction) != PaymentStatus.Succeeded)
        {
            return await ParseDeclineAsync(project, transaction, cancel);
        }

        // A transaction that Tollgate did not request may belong to other business of the merchant.
        return await KeyOfAsync(project, transaction.Order, cancel) is not { } key ? ParsedEvent.Nothing
            : await WhyNotWholeAsync(project, key, transaction, cancel) is { } why ? throw new ProviderSilentException(why)
            : new([new PaymentUpdate(key, ReferenceOf(transaction), null)]);
    }

    /// <summary>Returns the refund together with its payment, which may not have been reported yet.</summary>
    private async Task<ParsedEvent> ParseRefundAsync(
        ProjectSnapshot project, PaymobTransaction transaction, long parent, CancellationToken cancel)
    {
        if (await KeyOfAsync(project, transaction.Order, cancel) is not { } key)
        {
            return ParsedEvent.Nothing;
        }

        await using var command = database.Command(
            PaymobSql.NameRefund, project.Id, parent, transaction.Amount.Minor, transaction.Id,
            SqlCommands.OrNull(transaction.Success ? null : CatalogWords.Of(PaymentFailure.Declined), NpgsqlDbType.Text));
        var ours = await command.ExecuteScalarAsync(cancel) as Guid?;
        var paid = parent.ToString(CultureInfo.InvariantCulture);
        return new(
            [new PaymentUpdate(key, paid, null),
                new RefundUpdate(ours, paid, ReferenceOf(transaction), transaction.Amount, !transaction.Success, transaction.Message)]);
    }

    private async Task<ParsedEvent> ParseCardAsync(ProjectSnapshot project, ProviderEvent @event, CancellationToken cancel) =>
        PaymobCallbacks.CardOf(@event) is { } card && await KeyOfAsync(project, card.Order, cancel) is { } key
            && await payments.FindAsync(project, key, cancel) is { } row
                ? new([new PaymentMethodUpdate(row.Payment.Customer, card.Token, card.Brand, card.Last4)])
                : ParsedEvent.Nothing;

    /// <summary>A transaction over another amount settles nothing, and an operator has to check it.</summary>
    /// <returns>Null: the amounts match.</returns>
    private async Task<string?> WhyNotWholeAsync(ProjectSnapshot project, Guid key, PaymobTransaction paid, CancellationToken cancel)
    {
        var asked = (await payments.FindAsync(project, key, cancel))?.Payment.Amount;
        if (asked is null || asked == paid.Amount)
        {
            return null;
        }

        log.LogError(
            "Transaction {Transaction} at Paymob is for {Paid}, but payment {Payment} requested {Asked}", paid.Id, paid.Amount, key,
            asked);
        return $"Transaction {paid.Id} is for {paid.Amount}, but payment {key} requested {asked}.";
    }

    /// <summary>
    /// A full refund of a card payment on the same day is a void, which costs no fee; everything else is a refund. A refused void becomes a
    /// refund.
    /// </summary>
    private async Task<PaymobAnswer<PaymobTransaction>?> SendBackAsync(
        PaymobAccount account, PaymobTransaction paid, RefundOrder order, CancellationToken cancel)
    {
        if (PaymobRules.MayBeVoided(
            paid, order.Amount, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.Now().ToOffset(), account.Country.Zone).DateTime)))
        {
            var undone = await client.VoidAsync(account, paid.Id, cancel);
            if (undone is null or { Value: { Success: true } or { Pending: true } })
            {
                return undone;
            }
        }

        return await client.RefundAsync(account, paid.Id, order.Amount, cancel);
    }

    private async Task<ProviderAnswer?> WriteAsync(
        ProjectSnapshot project, RefundOrder order, PaymobAnswer<PaymobTransaction> answer, CancellationToken cancel)
    {
        switch (answer.Value)
        {
            case { Pending: true } pending:
                await ExecuteAsync(PaymobSql.NoteRefund, cancel, project.Id, order.Key, pending.Id);
                return null;
            case { Success: true } done:
                return await EndRefundAsync(project, order, done.Id, null, cancel);
            default:
                Report(project, $"refund {order.Key} of transaction {order.Charge} was not done", answer.Refusal ?? answer.Value!.Message);
                return await EndRefundAsync(project, order, answer.Value?.Id, PaymentFailure.Declined, cancel);
        }
    }

    private async Task<ProviderAnswer> EndRefundAsync(
        ProjectSnapshot project, RefundOrder order, long? reference, PaymentFailure? failure, CancellationToken cancel)
    {
        await ExecuteAsync(
            PaymobSql.EndRefund, cancel, project.Id, order.Key, SqlCommands.OrNull(reference, NpgsqlDbType.Bigint),
            SqlCommands.OrNull(failure is { } why ? CatalogWords.Of(why) : null, NpgsqlDbType.Text));
        return AnswerOf(order, (await RefundOfAsync(project, order.Key, cancel))!);
    }

    /// <summary>The callback of a refund whose answer was lost brings its number; until then the reference names the payment.</summary>
    private static ProviderAnswer AnswerOf(RefundOrder order, KeptRefund refund) =>
        new(refund.Reference?.ToString(CultureInfo.InvariantCulture) ?? $"of {order.Charge}", refund.Failure);

    /// <summary>Encrypts the address of a page, because anyone with the address can pay there.</summary>
    private string Seal(Uri page, Guid key) => secrets.CloseText(page.AbsoluteUri, SecretPlace.Page(key));

    private PaymobAccount? Account(ProjectSnapshot project)
    {
        if (keys.Open(project, Name) is { } opened)
        {
            return PaymobCredentials.Read(opened);
        }

        Report(project, "Paymob cannot be called", "the project has no keys");
        return null;
    }

    private PaymobAccount AccountOrSilence(ProjectSnapshot project) =>
        Account(project) ?? throw new ProviderSilentException("The project has no keys of Paymob.");

    private static ProviderSilentException Silent() => new("Paymob did not answer.");

    private static string ReferenceOf(PaymobTransaction transaction) => transaction.Id.ToString(CultureInfo.InvariantCulture);

    private void Report(ProjectSnapshot project, string what, string? why) =>
        log.LogWarning("Project {Project}: {What}: {Why}", project.Code, what, why ?? "no answer");
}
