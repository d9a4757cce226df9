using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

public enum RefundOutcome
{
    /// <summary>The refund is pending or has succeeded.</summary>
    Done,
    PaymentUnknown,
    Refused,
}

/// <param name="Detail">The reason of a refusal, for operators.</param>
public sealed record RefundAnswer(RefundOutcome Outcome, PaymentRow? Row = null, string? Detail = null);

/// <summary>
/// Refunds money of a payment, with a credit note over the same amount: 1. commits the refund and the document, so that nothing else can
/// return the amount too; 2. asks the provider; 3. writes its answer.
/// </summary>
public sealed class RefundPayment(CustomerChanges changes, PaymentQueries queries, PaymentProviders providers, Clock clock)
{
    private const string NoReason = "Refund";

    /// <param name="what">No amount: everything that is left.</param>
    /// <param name="request">A repeat of the same request is the same refund. Null: each call is a refund of its own.</param>
    public async Task<RefundAnswer> RunAsync(
        ProjectSnapshot project, Guid payment, (long? Minor, string? Reason) what, Guid? request, string actor, CancellationToken cancel)
    {
        var (answer, refund) = await BeginAsync(project, payment, new(what.Minor, what.Reason, null, request), actor, cancel);
        return answer.Row is null || refund == Guid.Empty ? answer : await SendAsync(project, answer.Row, refund, actor);
    }

    /// <summary>
    /// Records a refund that was made on the provider's own pages. A known reference is not recorded again.
    /// </summary>
    internal async Task<RefundAnswer> RecordAsync(
        ProjectSnapshot project, Guid payment, MoneyAmount amount, ProviderAnswer done, string? reason, CancellationToken cancel) =>
        (await BeginAsync(project, payment, new(amount.Minor, reason, done, null), PaymentActors.System, cancel)).Answer;

    /// <summary>
    /// Records the result of a pending refund, or the failure of one that had succeeded. Other settled refunds do not change.
    /// </summary>
    internal async Task<bool> RecordAnswerAsync(
        ProjectSnapshot project, Guid payment, Guid refund, ProviderAnswer done, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, payment, cancel) is not { } row
            || row.Refunds.FirstOrDefault(one => one.Id == refund) is not { } known)
        {
            return false;
        }

        if (IsUpdate(known, done))
        {
            await SettleAsync(project, row, refund, done, PaymentActors.System, cancel);
        }

        return true;
    }

    /// <summary>Asks the provider for the result of a refund whose answer was lost.</summary>
    internal async Task AskAsync(ProjectSnapshot project, Guid payment, Guid refund, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, payment, cancel) is { } row
            && row.Refunds.Any(one => one.Id == refund && one.Status == PaymentStatus.Pending))
        {
            await SendAsync(project, row, refund, PaymentActors.System);
        }
    }

    /// <param name="Minor">Null: everything that is left.</param>
    /// <param name="Done">Null: the provider has not been asked yet.</param>
    /// <param name="Request">A repeat of the same request is the same refund.</param>
    private readonly record struct Wanted(long? Minor, string? Reason, ProviderAnswer? Done, Guid? Request);

    private async Task<(RefundAnswer Answer, Guid Refund)> BeginAsync(
        ProjectSnapshot project, Guid payment, Wanted wanted, string actor, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, payment, cancel) is not { } found)
        {
            return (new(RefundOutcome.PaymentUnknown), default);
        }

        await using (var change = await changes.BeginOnExistingAsync(project, found.Payment.Customer, cancel))
        {
            if (change is null)
            {
                return (new(RefundOutcome.PaymentUnknown), default);
            }

            var invoice = await InvoiceOfAsync(change, project, found.Payment, cancel);
            var (row, now) = ((await PaymentQueries.FindAsync(change.Connection, project, payment, cancel))!, clock.Now(project));
            if (wanted.Done is { } known && row.Refunds.Any(one => one.Reference == known.Reference))
            {
                return (new(RefundOutcome.Done, row), default);
            }

            if (await change.ResultOfAsync(wanted.Request, cancel) is not null)
            {
                return (new(RefundOutcome.Done, row), default);
            }

            var bounds = await BoundsAsync(change, row, cancel);
            MoneyAmount? amount = wanted.Minor is { } minor ? new(minor, row.Payment.Amount.Currency) : null;
            var judged = wanted.Done is null
                ? RefundRules.Judge(row.Payment, invoice?.Invoice, bounds, amount)
                : RefundRules.Book(row.Payment, invoice?.Invoice, bounds, amount!.Value);
            if (judged.Verdict != RefundVerdict.Allowed)
            {
                return (new(RefundOutcome.Refused, row, Explain(judged, row.Payment, invoice?.Invoice, bounds)), default);
            }

            var refund = Guid.CreateVersion7(now.ToOffset());
            await WriteBegunAsync(change, project, invoice, row, (refund, judged), wanted.Reason, (actor, now), cancel);
            await change.KeepResultAsync(wanted.Request, refund.ToString("D"), cancel);
            if (wanted.Done is { } done)
            {
                row = (await PaymentQueries.FindAsync(change.Connection, project, payment, cancel))!;
                await WriteAsync(change, invoice, row, row.Refunds.Single(one => one.Id == refund), done, (actor, now), cancel);
            }

            row = (await PaymentQueries.FindAsync(change.Connection, project, payment, cancel))!;
            await change.CommitAsync();
            return (new(RefundOutcome.Done, row), refund);
        }
    }

    /// <summary>The provider refunds a key once: a repeat gets the first answer.</summary>
    private async Task<RefundAnswer> SendAsync(ProjectSnapshot project, PaymentRow row, Guid refund, string actor)
    {
        var (payment, amount) = (row.Payment, row.Refunds.Single(one => one.Id == refund).Amount);
        var done = !PaymentProviders.MovesMoney(payment.Provider)
            ? new ProviderAnswer(PaymentActors.NoteOf(payment.Id), null)
            : await providers.Of(payment.Provider)
                .RefundAsync(project, new(refund, payment.Customer, payment.Reference!, amount), CancellationToken.None);
        return new(RefundOutcome.Done, done is null ? row : await SettleAsync(project, row, refund, done, actor, CancellationToken.None));
    }

    private async Task<PaymentRow> SettleAsync(
        ProjectSnapshot project, PaymentRow before, Guid id, ProviderAnswer done, string actor, CancellationToken cancel)
    {
        await using (var change = (await changes.BeginOnExistingAsync(project, before.Payment.Customer, cancel))!)
        {
            var invoice = await InvoiceOfAsync(change, project, before.Payment, cancel);
            var (now, row) = (clock.Now(project), (await PaymentQueries.FindAsync(change.Connection, project, before.Payment.Id, cancel))!);
            var refund = row.Refunds.Single(one => one.Id == id);
            if (!IsUpdate(refund, done))
            {
                return row;
            }

            await WriteAsync(change, invoice, row, refund, done, (actor, now), cancel);
            row = (await PaymentQueries.FindAsync(change.Connection, project, row.Payment.Id, cancel))!;
            await change.CommitAsync();
            return row;
        }
    }

    /// <summary>
    /// True for the result of a pending refund. A bank may also return a succeeded refund; after that the refund is final.
    /// </summary>
    private static bool IsUpdate(Refund known, ProviderAnswer done) =>
        known.Status == PaymentStatus.Pending || (known.Status == PaymentStatus.Succeeded && done.Failure is not null);

    /// <summary>Returns the invoice that the payment paid; null: it paid none.</summary>
    private static async Task<InvoiceRow?> InvoiceOfAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, CancellationToken cancel) =>
        payment.Invoice is { } invoice ? await InvoiceQueries.FindAsync(change.Connection, project, invoice, cancel) : null;

    /// <summary>Writes the result of a refund. The caller commits.</summary>
    private static async Task WriteAsync(
        CustomerChange change, InvoiceRow? invoice, PaymentRow row, Refund refund, ProviderAnswer done, (string Actor, Instant Now) by,
        CancellationToken cancel)
    {
        var (status, note) = (done.Failure is null ? PaymentStatus.Succeeded : PaymentStatus.Failed, PaymentActors.NoteOf(row.Payment.Id));
        await change.ExecuteAsync(
            PaymentSql.SettleRefund, cancel, row.Partition, row.Account, refund.Id, CatalogWords.Of(status), done.Reference,
            by.Now.ToUtc());
        var documented = row.Payment.ProviderInvoice is null ? refund.Amount - refund.FromCredit : MoneyAmount.Zero(refund.Amount.Currency);
        var verb = done.Failure is null ? "refund" : refund.Status == PaymentStatus.Succeeded ? "refund_fail" : null;
        if (verb is not null && !documented.IsZero)
        {
            await change.ExecuteAsync(
                InvoiceSql.AddFact, cancel, row.Partition, row.Account, row.Payment.Invoice!.Value, verb, by.Now.ToUtc(), documented.Minor,
                by.Actor, note);
        }

        if (done.Failure is not null)
        {
            // The credit note remains, and the money did not move: it becomes the customer's credit. So does the part that was taken out of
            // the credit.
            await change.ExecuteAsync(PaymentSql.Reserve, cancel, row.Partition, row.Account, row.Payment.Id, -refund.Amount.Minor);
            await GiveAsync(change, row, documented, by.Now, "credit_note", note, cancel);
            await GiveAsync(change, row, refund.FromCredit, by.Now, "refund", note, cancel);
        }

        await AddFactAsync(
            change, row, done.Failure is null ? "refund_succeed" : "refund_fail", refund.Amount, by.Now, (by.Actor, done.Reference),
            cancel);
    }

    private static async Task<RefundBounds> BoundsAsync(CustomerChange change, PaymentRow row, CancellationToken cancel)
    {
        var (payment, currency) = (row.Payment, row.Payment.Amount.Currency);
        var held = (long)(await change.ScalarAsync(DisputeSql.HeldOf, cancel, row.Partition, row.Account, payment.Id))!;
        var overpaid =
            (long)(await change.ScalarAsync(PaymentSql.OverpaidOf, cancel, row.Partition, row.Account, PaymentActors.NoteOf(payment.Id)))!;
        return new(new(held, currency), new(overpaid, currency), await BuyPack.CreditsAsync(change, currency, cancel), row.Refunds.Count);
    }

    /// <summary>Writes a pending refund: the part that it takes out of the credit, and its credit note. The caller commits.</summary>
    private static async Task WriteBegunAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow? invoice, PaymentRow row, (Guid Id, RefundJudgement Judged) refund,
        string? reason,
        (string Actor, Instant Now) by, CancellationToken cancel)
    {
        var (amount, fromCredit) = (refund.Judged.Amount, refund.Judged.FromCredit);
        Guid? note = null;
        if (amount > fromCredit && row.Payment.ProviderInvoice is null)
        {
            var order = new CreditOrder(amount - fromCredit, null, reason ?? NoReason);
            var (_, draft) = CreditNoteRules.Judge(invoice!.Invoice, order);
            note = (await InvoiceChange.CreditAsync(change, project, invoice, (draft!, order), by.Actor, by.Now, cancel)).Note.Id;
        }

        await GiveAsync(change, row, -fromCredit, by.Now, "refund", PaymentActors.NoteOf(row.Payment.Id), cancel);
        await change.ExecuteAsync(
            PaymentSql.InsertRefund, cancel, row.Partition, row.Account, refund.Id, row.Payment.Id,
            SqlCommands.OrNull(row.Payment.Invoice, NpgsqlDbType.Uuid), amount.Minor,
            SqlCommands.OrNull(reason, NpgsqlDbType.Text), by.Now.ToUtc(), SqlCommands.OrNull(note, NpgsqlDbType.Uuid), fromCredit.Minor);
        await change.ExecuteAsync(PaymentSql.Reserve, cancel, row.Partition, row.Account, row.Payment.Id, amount.Minor);
        await AddFactAsync(change, row, "refund", amount, by.Now, (by.Actor, reason), cancel);
    }

    private static Task GiveAsync(
        CustomerChange change, PaymentRow row, MoneyAmount amount, Instant now, string cause, string note, CancellationToken cancel) =>
        amount.IsZero
        ? Task.CompletedTask
        : change.ExecuteAsync(
            InvoiceSql.WriteCredits, cancel, new[] { row.Partition }, new[] { row.Account }, new[] { amount.Currency.Code },
            new[] { amount.Minor }, new[] { now.ToUtc() },
            new[] { cause }, new[] { row.Payment.Invoice }, new[] { note });

    private static Task AddFactAsync(
        CustomerChange change, PaymentRow row, string verb, MoneyAmount amount, Instant now, (string Actor, string? Note) by,
        CancellationToken cancel) => change.ExecuteAsync(
        PaymentSql.AddFact, cancel, row.Partition, row.Account, row.Payment.Id, verb, now.ToUtc(), amount.Minor, by.Actor,
        SqlCommands.OrNull(by.Note, NpgsqlDbType.Text));

    private static string Explain(RefundJudgement judged, Payment payment, Invoice? invoice, RefundBounds bounds) => judged.Verdict switch
    {
        RefundVerdict.NotSucceeded => $"The payment is {CatalogWords.Of(payment.Status)}, so there is nothing to refund.",
        RefundVerdict.NothingLeft => $"Nothing is left to refund{WhereItWent(payment, invoice, bounds)}.",
        RefundVerdict.TooMuch => $"At most {judged.Amount} can be refunded{WhereItWent(payment, invoice, bounds)}.",
        RefundVerdict.TooMany =>
            $"The payment has {bounds.Refunds} refunds, the most there can be. The last one must refund the whole remainder, "
                + $"{judged.Amount}: leave amount out.",
        _ => "The amount to refund must be more than 0.",
    };

    private static string WhereItWent(Payment payment, Invoice? invoice, RefundBounds bounds)
    {
        var zero = MoneyAmount.Zero(payment.Amount.Currency);
        (MoneyAmount Amount, string What)[] all =
        [
            (payment.Refunded, "was refunded"), (bounds.Held, "is held or was taken by the customer's bank in a dispute"),
            (invoice?.ProrationCredited ?? zero, "was credited when the subscription changed"),
            ((invoice?.Credited ?? zero) - payment.Refunded, "of its invoice was credited by credit notes"),
        ];
        var parts = all.Where(one => one.Amount > zero).Select(static one => $"{one.Amount} {one.What}").ToArray();
        return parts.Length == 0 ? "" : ": " + string.Join(", ", parts);
    }
}
