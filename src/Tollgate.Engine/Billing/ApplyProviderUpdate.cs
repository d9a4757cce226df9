using System.Diagnostics;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>Applies a provider update to Tollgate's records. Repeats and other orders lead to the same rows.</summary>
public sealed class ApplyProviderUpdate(
    CustomerChanges changes, PaymentQueries queries, KeepPaymentMethod methods, SettlePayment settle,
    RefundPayment refund,
    FollowSubscription follow, FollowInvoice invoices, BillAtProvider bill, FollowCheckout checkouts, Clock clock)
{
    /// <returns>Null: the update is applied. Otherwise why it cannot be yet.</returns>
    public Task<Unresolved?> RunAsync(ProjectSnapshot project, PaymentProvider provider, ProviderUpdate update, CancellationToken cancel) =>
        update switch
    {
        PaymentUpdate payment => PayAsync(project, provider, payment, cancel),
        RefundUpdate back => RefundAsync(project, provider, back, cancel),
        DisputeUpdate dispute => DisputeAsync(project, provider, dispute, cancel),
        PaymentMethodUpdate method => SaveAsync(project, provider, method, cancel),
        SubscriptionUpdate subscription => FollowAsync(project, provider, subscription, cancel),
        InvoiceUpdate invoice => invoices.RunAsync(project, provider, invoice, cancel),
        CheckoutUpdate checkout => checkouts.RunAsync(project, provider, checkout, cancel),
        _ => throw new UnreachableException($"Nobody applies {update.GetType().Name}."),
    };

    private async Task<Unresolved?> PayAsync(
        ProjectSnapshot project, PaymentProvider provider, PaymentUpdate update, CancellationToken cancel)
    {
        var row = update.Payment is { } id
            ? await queries.FindAsync(project, id, cancel)
            : await queries.FindByReferenceAsync(project, provider, update.Reference, cancel);
        if (row is null || row.Payment.Provider != provider)
        {
            return new($"Tollgate knows no payment of {update.Reference}.");
        }

        // A success is final: the provider may report an earlier refusal of the same attempt after it.
        var isUpdate = row.Payment.IsOpen || (row.Payment.Status == PaymentStatus.Failed && update.Failure is null);
        if (isUpdate)
        {
            await settle.RunAsync(project, row.Payment.Id, new(update.Reference, update.Failure), PaymentActors.System, cancel);
        }

        return null;
    }

    private async Task<Unresolved?> RefundAsync(
        ProjectSnapshot project, PaymentProvider provider, RefundUpdate update, CancellationToken cancel)
    {
        if (await queries.FindByReferenceAsync(project, provider, update.Charge, cancel) is not { } row)
        {
            return new($"Tollgate knows no payment of {update.Charge}.");
        }

        var done = new ProviderAnswer(update.Reference, update.HasFailed ? PaymentFailure.Declined : null);
        var known = row.Refunds.FirstOrDefault(one => one.Id == update.Refund || one.Reference == update.Reference);
        if (known is not null)
        {
            await refund.RecordAnswerAsync(project, row.Payment.Id, known.Id, done, cancel);
            return null;
        }

        if (update.HasFailed)
        {
            return null;
        }

        var answer = await refund.RecordAsync(project, row.Payment.Id, update.Amount, done, update.Reason, cancel);
        return answer.Outcome == RefundOutcome.Done
            ? null
            : new($"The provider refunded {update.Amount}, and Tollgate cannot record it: {answer.Detail}");
    }

    private async Task<Unresolved?> DisputeAsync(
        ProjectSnapshot project, PaymentProvider provider, DisputeUpdate update, CancellationToken cancel)
    {
        var row = await queries.FindByReferenceAsync(project, provider, update.Charge, cancel);
        await using (var change = row is null ? null : await changes.BeginOnExistingAsync(project, row.Payment.Customer, cancel))
        {
            if (row is null || change is null)
            {
                return new($"Tollgate knows no payment of {update.Charge}.");
            }

            var (now, payment) = (clock.Now(project), row.Payment.Id);
            var known = await change.ScalarAsync(
                DisputeSql.StatusOf, cancel, row.Partition, row.Account, payment, update.Reference) is string word
                ? CatalogWords.Read<DisputeStatus>(word)
                : (DisputeStatus?)null;

            // A decision is final: the provider may report the open dispute after it.
            if (known == update.Status || known is DisputeStatus.Won or DisputeStatus.Lost)
            {
                return null;
            }

            await CountAsync(change, project, row.Payment, known, update, cancel);
            await change.ExecuteAsync(
                DisputeSql.Write, cancel, row.Partition, row.Account, payment, update.Reference, update.Amount.Minor,
                CatalogWords.Of(update.Status),
                SqlCommands.OrNull(update.Reason, NpgsqlDbType.Text), now.ToUtc(),
                SqlCommands.OrNull(update.Status == DisputeStatus.Open ? null : now.ToUtc(), NpgsqlDbType.TimestampTz), project.Id);
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, VerbOf(update.Status), now.ToUtc(), update.Amount.Minor,
                PaymentActors.System,
                update.Reference);
            await change.CommitAsync();
            return null;
        }
    }

    /// <summary>
    /// Treats disputed or lost money as unpaid for the current period, so that a change of the subscription does not credit it.
    /// </summary>
    private static async Task CountAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, DisputeStatus? known, DisputeUpdate update,
        CancellationToken cancel)
    {
        var wasHeld = known is DisputeStatus.Open or DisputeStatus.Lost;
        var isHeld = update.Status is DisputeStatus.Open or DisputeStatus.Lost;
        if (wasHeld != isHeld && payment.Invoice is { } id
            && await InvoiceQueries.FindAsync(change.Connection, project, id, cancel) is { } invoice)
        {
            await InvoiceChange.TakeBackAsync(change, invoice, isHeld ? update.Amount : -update.Amount, null, cancel);
        }
    }

    private static string VerbOf(DisputeStatus status) => status switch
    {
        DisputeStatus.Won => "dispute_won",
        DisputeStatus.Lost => "dispute_lost",
        _ => "dispute",
    };

    /// <summary>
    /// Follows a subscription, and sends overage of an ended period to the invoice that the provider drafts for the next one.
    /// </summary>
    private async Task<Unresolved?> FollowAsync(
        ProjectSnapshot project, PaymentProvider provider, SubscriptionUpdate update, CancellationToken cancel)
    {
        var refused = await follow.RunAsync(project, provider, update, cancel);
        try
        {
            await bill.RunAsync(project, ProviderReference.IdOf(update.Reference), cancel);
        }
        catch (ProviderSilentException)
        {
            // The usage that was not sent is sent later; the update is applied.
        }

        return refused;
    }

    private async Task<Unresolved?> SaveAsync(
        ProjectSnapshot project, PaymentProvider provider, PaymentMethodUpdate update, CancellationToken cancel)
    {
        await methods.SaveAsync(project, provider, update, cancel);
        return null;
    }
}
