using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Payments;

public enum ChargeOutcome
{
    /// <summary>There was an attempt; its status says how it ended.</summary>
    Attempted,
    InvoiceUnknown,

    /// <summary>It asks for nothing: paid, void, given up.</summary>
    NothingDue,

    /// <summary>What became of an earlier attempt is not known yet.</summary>
    IsPending,

    /// <summary>The customer has nothing to be charged by.</summary>
    NoMethod,

    /// <summary>The project's provider charges nobody: money comes by itself.</summary>
    NotOffered,
}

/// <param name="Detail">Of a refusal, for people.</param>
public sealed record ChargeAnswer(ChargeOutcome Outcome, PaymentRow? Row = null, string? Detail = null);

/// <summary>
/// Charges a customer for an invoice. 1. The attempt is committed; 2. the provider is asked, outside of any transaction; 3. its answer is
/// written with what it causes. Killed between any of these, <see cref="AskPayments"/> finds out and does the rest.
/// </summary>
public sealed class ChargeInvoice(
    NpgsqlDataSource database, PaymentQueries queries, PaymentMethods methods, PaymentProviders providers, QuotaGate gate, Clock clock)
{
    public async Task<ChargeAnswer> RunAsync(ProjectSnapshot project, Guid invoice, string actor, CancellationToken cancel)
    {
        var (answer, method) = await AttemptAsync(project, invoice, actor, cancel);
        if (answer.Row is not { Payment: { } payment } || method is null)
        {
            return answer;
        }

        // From here on nobody hangs up: the provider does what it was asked for either way.
        var done = await providers.Of(payment.Provider).ChargeAsync(project, OrderOf(payment, method), CancellationToken.None);
        return new(ChargeOutcome.Attempted, done is null ? answer.Row : await SettleAsync(project, payment.Id, done, actor, CancellationToken.None));
    }

    /// <summary>Finds out what became of an attempt whose answer was lost.</summary>
    internal async Task AskAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, id, cancel) is not { Payment: { Status: PaymentStatus.Pending } payment } row)
        {
            return;
        }

        // It may never have arrived. The same key is done once, so asking again is safe, and the attempt ends.
        var provider = providers.Of(payment.Provider);
        var done = await provider.FindAsync(project, id, cancel)
            ?? await provider.ChargeAsync(project, OrderOf(payment, await methods.OfAsync(row, cancel)), cancel);
        if (done is not null)
        {
            await SettleAsync(project, id, done, PaymentActors.System, cancel);
        }
    }

    private async Task<(ChargeAnswer Answer, PaymentMethod? Method)> AttemptAsync(ProjectSnapshot project, Guid id, string actor, CancellationToken cancel)
    {
        if (await InvoiceChange.LockAsync(database, project, id, cancel) is not ({ } change, { } row))
        {
            return (new(ChargeOutcome.InvoiceUnknown), null);
        }

        await using (change)
        {
            var (invoice, now) = (row.Invoice, clock.Now(project));
            if (invoice.Due.IsZero)
            {
                return (new(ChargeOutcome.NothingDue, Detail: $"The invoice is {CatalogWords.Of(invoice.Status)}."), null);
            }

            if (await change.AskAsync(PaymentSql.PendingOf, cancel, row.Partition, row.Account, id) is Guid pending)
            {
                return (new(ChargeOutcome.IsPending, Detail: $"What became of payment {pending} is not known yet."), null);
            }

            if (!providers.CapabilitiesOf(project).ChargesSavedMethods)
            {
                return (new(ChargeOutcome.NotOffered, Detail: $"The project's provider is {CatalogWords.Of(project.Payments.Provider)}, which charges nobody by itself."), null);
            }

            if (await PaymentMethods.DefaultAsync(change, cancel) is not { } method)
            {
                return (new(ChargeOutcome.NoMethod), null);
            }

            var payment = Guid.CreateVersion7(now.ToOffset());
            await change.ExecuteAsync(
                PaymentSql.Insert, cancel, row.Partition, row.Account, payment, project.Id, id, CatalogWords.Of(method.Provider), method.Id,
                invoice.Currency.Code, invoice.Due.Minor, CatalogWords.Of(PaymentStatus.Pending), CustomerCommands.OrNull(null, NpgsqlDbType.Text),
                now.ToUtc(), CustomerCommands.OrNull(null, NpgsqlDbType.TimestampTz));
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, "attempt", now.ToUtc(), invoice.Due.Minor, actor,
                CustomerCommands.OrNull($"{method.Brand} {method.Last4}", NpgsqlDbType.Text));
            var made = await PaymentQueries.FindAsync(change.Connection, project, payment, cancel);
            await change.CommitAsync(cancel);
            return (new(ChargeOutcome.Attempted, made), method);
        }
    }

    /// <summary>The answer and what it causes, once: whoever comes second finds it settled.</summary>
    internal async Task<PaymentRow> SettleAsync(ProjectSnapshot project, Guid id, ProviderAnswer done, string actor, CancellationToken cancel)
    {
        var before = (await queries.FindAsync(project, id, cancel))!;
        var (change, row) = await InvoiceChange.LockAsync(database, project, before.Payment.Invoice, cancel);
        await using (change!)
        {
            var (now, payment) = (clock.Now(project), before.Payment);
            var status = done.Failure is null ? PaymentStatus.Succeeded : PaymentStatus.Failed;
            var isFirst = await change!.ExecuteAsync(
                PaymentSql.Settle, cancel, before.Partition, before.Account, id, CatalogWords.Of(status),
                CustomerCommands.OrNull(done.Failure is { } why ? CatalogWords.Of(why) : null, NpgsqlDbType.Text), done.Reference, now.ToUtc()) == 1;
            var isGranted = false;
            if (isFirst)
            {
                await change.ExecuteAsync(
                    PaymentSql.AddFact, cancel, before.Partition, before.Account, id, done.Failure is null ? "succeed" : "fail", now.ToUtc(), payment.Amount.Minor,
                    actor, CustomerCommands.OrNull(done.Reference, NpgsqlDbType.Text));
                isGranted = done.Failure is null && await InvoiceChange.PayAsync(change, project, row!, payment.Amount, actor, PaymentActors.NoteOf(id), now, cancel);
            }

            var after = (await PaymentQueries.FindAsync(change.Connection, project, id, cancel))!;
            await change.CommitAsync(cancel);
            if (isGranted)
            {
                await gate.ForgetAsync(project, payment.Customer, cancel);
            }

            return after;
        }
    }

    private static ChargeOrder OrderOf(Payment payment, PaymentMethod method) => new(payment.Id, payment.Customer, method, payment.Amount);
}

/// <summary>How facts name who did something with money.</summary>
internal static class PaymentActors
{
    /// <summary>What happens by itself.</summary>
    public const string System = "system";

    /// <summary>What an invoice's fact says of the payment that paid it.</summary>
    public static string NoteOf(Guid payment) => $"payment {payment:D}";
}
