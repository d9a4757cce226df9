using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>Brings Tollgate's side to what a provider says of its own. Applied again, or in another order, it ends in the same rows.</summary>
public sealed class ApplyProviderUpdate(
    NpgsqlDataSource database, CustomerChanges changes, PaymentQueries queries, KeepPaymentMethod methods, SettlePayment settle, RefundPayment refund,
    FollowSubscription follow, FollowInvoice invoices, BillAtProvider bill, FollowCheckout checkouts, Clock clock)
{
    /// <returns>Null: it is so now. Else why it cannot be yet, for people.</returns>
    public Task<string?> RunAsync(ProjectSnapshot project, PaymentProvider provider, ProviderUpdate news, CancellationToken cancel) => news switch
    {
        PaymentUpdate payment => PayAsync(project, provider, payment, cancel),
        RefundUpdate back => RefundAsync(project, provider, back, cancel),
        DisputeUpdate dispute => DisputeAsync(project, provider, dispute, cancel),
        PaymentMethodUpdate method => SaveAsync(project, provider, method, cancel),
        SubscriptionUpdate subscription => FollowAsync(project, provider, subscription, cancel),
        InvoiceUpdate invoice => invoices.RunAsync(project, provider, invoice, cancel),
        CheckoutUpdate checkout => checkouts.RunAsync(project, provider, checkout, cancel),
        _ => throw new UnreachableException($"Nobody applies {news.GetType().Name}."),
    };

    private async Task<string?> PayAsync(ProjectSnapshot project, PaymentProvider provider, PaymentUpdate news, CancellationToken cancel)
    {
        var row = news.Payment is { } id
            ? await queries.FindAsync(project, id, cancel)
            : await queries.FindByReferenceAsync(project, provider, news.Reference, cancel);
        if (row is null || row.Payment.Provider != provider)
        {
            return $"No payment is known of {news.Reference}.";
        }

        // What succeeded stays so: an earlier refusal of the same attempt may be told after it.
        var isUpdate = row.Payment.IsOpen || (row.Payment.Status == PaymentStatus.Failed && news.Failure is null);
        if (isUpdate)
        {
            await settle.RunAsync(project, row.Payment.Id, new(news.Reference, news.Failure), PaymentActors.System, cancel);
        }

        return null;
    }

    private async Task<string?> RefundAsync(ProjectSnapshot project, PaymentProvider provider, RefundUpdate news, CancellationToken cancel)
    {
        if (await queries.FindByReferenceAsync(project, provider, news.Charge, cancel) is not { } row)
        {
            return $"No payment is known of {news.Charge}.";
        }

        var done = new ProviderAnswer(news.Reference, news.HasFailed ? PaymentFailure.Declined : null);
        var known = row.Refunds.FirstOrDefault(one => one.Id == news.Refund || one.Reference == news.Reference);
        if (known is not null)
        {
            await refund.TellAsync(project, row.Payment.Id, known.Id, done, cancel);
            return null;
        }

        if (news.HasFailed)
        {
            return null;
        }

        var answer = await refund.RecordAsync(project, row.Payment.Id, news.Amount, done, news.Reason, cancel);
        return answer.Outcome == RefundOutcome.Done ? null : $"{news.Amount} went back at the provider and cannot be booked: {answer.Detail}";
    }

    private async Task<string?> DisputeAsync(ProjectSnapshot project, PaymentProvider provider, DisputeUpdate news, CancellationToken cancel)
    {
        var row = await queries.FindByReferenceAsync(project, provider, news.Charge, cancel);
        await using (var change = row is null ? null : await changes.BeginOnExistingAsync(project, row.Payment.Customer, cancel))
        {
            if (row is null || change is null)
            {
                return $"No payment is known of {news.Charge}.";
            }

            var (now, payment) = (clock.Now(project), row.Payment.Id);
            var known = await change.ScalarAsync(DisputeSql.StatusOf, cancel, row.Partition, row.Account, payment, news.Reference) is string word
                ? CatalogWords.Read<DisputeStatus>(word)
                : (DisputeStatus?)null;

            // A decision is the end: that it was open before may be told after it.
            if (known == news.Status || known is DisputeStatus.Won or DisputeStatus.Lost)
            {
                return null;
            }

            await CountAsync(change, project, row.Payment, known, news, cancel);
            await change.ExecuteAsync(
                DisputeSql.Write, cancel, row.Partition, row.Account, payment, news.Reference, news.Amount.Minor, CatalogWords.Of(news.Status),
                SqlCommands.OrNull(news.Reason, NpgsqlDbType.Text), now.ToUtc(),
                SqlCommands.OrNull(news.Status == DisputeStatus.Open ? null : now.ToUtc(), NpgsqlDbType.TimestampTz), project.Id);
            await change.ExecuteAsync(
                PaymentSql.AddFact, cancel, row.Partition, row.Account, payment, VerbOf(news.Status), now.ToUtc(), news.Amount.Minor, PaymentActors.System,
                news.Reference);
            await change.CommitAsync();
            return null;
        }
    }

    /// <summary>What a bank holds or took was not paid for the running period: no change of the subscription gives it back.</summary>
    private static async Task CountAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, DisputeStatus? known, DisputeUpdate news, CancellationToken cancel)
    {
        var wasHeld = known is DisputeStatus.Open or DisputeStatus.Lost;
        var isHeld = news.Status is DisputeStatus.Open or DisputeStatus.Lost;
        if (wasHeld != isHeld && payment.Invoice is { } id && await InvoiceQueries.FindAsync(change.Connection, project, id, cancel) is { } invoice)
        {
            await InvoiceChange.TakeBackAsync(change, invoice, isHeld ? news.Amount : -news.Amount, null, cancel);
        }
    }

    private static string VerbOf(DisputeStatus status) => status switch
    {
        DisputeStatus.Won => "dispute_won",
        DisputeStatus.Lost => "dispute_lost",
        _ => "dispute",
    };

    /// <summary>What was used beyond the plan in a period that has ended goes to the invoice that the provider drafts for the next one.</summary>
    private async Task<string?> FollowAsync(ProjectSnapshot project, PaymentProvider provider, SubscriptionUpdate news, CancellationToken cancel)
    {
        var refused = await follow.RunAsync(project, provider, news, cancel);
        try
        {
            await bill.RunAsync(project, ProviderReference.IdOf(news.Reference), cancel);
        }
        catch (ProviderSilentException)
        {
            // What was not told is told later; what was followed is so.
        }

        if (refused is null)
        {
            await using var wake = database.Command(
                InboxSql.Wake, project.Id, CatalogWords.Of(provider), news.EndedAt is null ? FollowRules.Unknown(news.Reference) : FollowRules.Blocked(news.Customer));
            await wake.ExecuteNonQueryAsync(cancel);
        }

        return refused;
    }

    private async Task<string?> SaveAsync(ProjectSnapshot project, PaymentProvider provider, PaymentMethodUpdate news, CancellationToken cancel)
    {
        await methods.SaveAsync(project, provider, news, cancel);
        return null;
    }
}
