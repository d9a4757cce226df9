using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;

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
/// Charges a customer, who need not be there, for an invoice. The attempt is committed; <see cref="SettlePayment"/> asks the provider and writes its answer with
/// what it causes.
/// </summary>
public sealed class ChargeInvoice(
    NpgsqlDataSource database, SettlePayment settle, PaymentProviders providers, Clock clock)
{
    public async Task<ChargeAnswer> RunAsync(ProjectSnapshot project, Guid invoice, string actor, CancellationToken cancel)
    {
        var (answer, method) = await AttemptAsync(project, invoice, actor, cancel);
        return answer.Row is null || method is null
            ? answer
            : new(ChargeOutcome.Attempted, await settle.SendAsync(project, answer.Row, method, isPresent: false, actor));
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
}

/// <summary>How facts name who did something with money.</summary>
internal static class PaymentActors
{
    /// <summary>What happens by itself.</summary>
    public const string System = "system";

    /// <summary>What an invoice's fact says of the payment that paid it.</summary>
    public static string NoteOf(Guid payment) => $"payment {payment:D}";
}
