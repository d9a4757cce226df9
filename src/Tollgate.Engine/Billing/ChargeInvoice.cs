using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

public enum ChargeOutcome
{
    /// <summary>An attempt was made; its status gives the result.</summary>
    Attempted,
    InvoiceUnknown,

    /// <summary>The invoice has no amount due: paid, void or uncollectible.</summary>
    NothingDue,

    /// <summary>An earlier attempt is still pending.</summary>
    IsPending,

    /// <summary>The customer has no saved payment method.</summary>
    NoMethod,

    /// <summary>The project's provider charges nobody: customers pay on their own.</summary>
    NotOffered,
}

/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record ChargeAnswer(ChargeOutcome Outcome, PaymentRow? Row = null, string? Detail = null);

/// <summary>
/// Charges a customer, who need not be present, for an invoice. It commits the attempt; <see cref="SettlePayment"/> asks the provider and
/// writes its answer with the effects.
/// </summary>
public sealed class ChargeInvoice(
    SettlePayment settle, PaymentProviders providers, CustomerChanges changes, Clock clock)
{
    /// <summary>Makes a requested attempt.</summary>
    /// <param name="request">The request; a repeat is the same attempt. Null: each call is a new attempt.</param>
    public Task<ChargeAnswer> RunAsync(ProjectSnapshot project, Guid invoice, Guid? request, string actor, CancellationToken cancel) =>
        RunAsync(project, invoice, new Wanted(actor, null, request), cancel);

    /// <summary>Makes the automatic attempt that was due then, unless it has been made.</summary>
    internal Task<ChargeAnswer> CollectAsync(ProjectSnapshot project, Guid invoice, Instant due, CancellationToken cancel) =>
        RunAsync(project, invoice, new Wanted(PaymentActors.System, due, null), cancel);

    /// <param name="Due">The due time of an automatic attempt. Null: a caller requested it.</param>
    /// <param name="Request">A repeat of the request is the same attempt.</param>
    private readonly record struct Wanted(string Actor, Instant? Due, Guid? Request);

    private async Task<ChargeAnswer> RunAsync(ProjectSnapshot project, Guid invoice, Wanted wanted, CancellationToken cancel)
    {
        var (answer, method) = await AttemptAsync(project, invoice, wanted, cancel);
        return answer.Row is null || method is null
            ? answer
            : new(ChargeOutcome.Attempted, await settle.SendAsync(project, answer.Row, isPresent: false, wanted.Actor));
    }

    private async Task<(ChargeAnswer Answer, PaymentMethod? Method)> AttemptAsync(
        ProjectSnapshot project, Guid id, Wanted wanted, CancellationToken cancel)
    {
        await using (var held = await HeldInvoice.LockAsync(changes, project, id, cancel))
        {
            if (held is null)
            {
                return (new(ChargeOutcome.InvoiceUnknown), null);
            }

            var (change, row) = (held.Change, held.Row);
            if (await change.ResultOfAsync(wanted.Request, cancel) is { } made)
            {
                return (new(ChargeOutcome.Attempted, await PaymentQueries.FindAsync(change.Connection, project, Guid.Parse(made), cancel)),
                    null);
            }

            var due = wanted.Due;
            if (due is { } at && !await CollectTurn.IsDueAsync(change, id, at, cancel))
            {
                return (new(ChargeOutcome.IsPending), null);
            }

            var (answer, method) = await WriteAsync(change, project, row, wanted.Actor, due is not null, cancel);
            if (due is not null)
            {
                await CollectTurn.TakeAsync(change, project, row, answer, clock.Now(project), cancel);
            }

            if (due is not null || answer.Outcome == ChargeOutcome.Attempted)
            {
                await change.KeepResultAsync(wanted.Request, $"{answer.Row?.Payment.Id:D}", cancel);
                await change.CommitAsync();
            }

            return (answer, method);
        }
    }

    private async Task<(ChargeAnswer Answer, PaymentMethod? Method)> WriteAsync(
        CustomerChange change, ProjectSnapshot project, InvoiceRow row, string actor, bool isCollected, CancellationToken cancel)
    {
        // A written-off invoice can still be paid, but no automatic attempt asks for it.
        var (invoice, now) = (row.Invoice, clock.Now(project));
        var asked = isCollected ? invoice.Due : invoice.Payable;
        if (asked.IsZero)
        {
            return (new(ChargeOutcome.NothingDue, Detail: $"The invoice is {CatalogWords.Of(invoice.Status)}."), null);
        }

        if (await change.ScalarAsync(PaymentSql.PendingOf, cancel, row.Partition, row.Account, invoice.Id) is Guid pending)
        {
            return (new(ChargeOutcome.IsPending, Detail: $"Payment {pending} is pending. Wait until it succeeds or fails."), null);
        }

        if (!providers.CapabilitiesOf(project).ChargesSavedMethods)
        {
            return (new(
                ChargeOutcome.NotOffered,
                Detail: $"The project's provider is {CatalogWords.Of(project.Payments.Provider)}, "
                    + "which cannot charge customers automatically."),
                null);
        }

        if (await PaymentMethods.DefaultAsync(change, project, cancel) is not { } method)
        {
            return (new(ChargeOutcome.NoMethod), null);
        }

        var payment = Guid.CreateVersion7(now.ToOffset());
        await change.ExecuteAsync(
            PaymentSql.Insert, cancel, row.Partition, row.Account, payment, project.Id, invoice.Id, CatalogWords.Of(method.Provider),
            method.Id,
            invoice.Currency.Code, asked.Minor, CatalogWords.Of(PaymentStatus.Pending), SqlCommands.OrNull(null, NpgsqlDbType.Text),
            now.ToUtc(), SqlCommands.OrNull(null, NpgsqlDbType.TimestampTz));
        await change.ExecuteAsync(
            PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, "attempt", now.ToUtc(), asked.Minor, actor,
            SqlCommands.OrNull($"{method.Brand} {method.Last4}", NpgsqlDbType.Text));
        return (new(ChargeOutcome.Attempted, await PaymentQueries.FindAsync(change.Connection, project, payment, cancel)), method);
    }
}
