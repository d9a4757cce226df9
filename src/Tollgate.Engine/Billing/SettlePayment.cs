using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Carries out every attempt, for any purpose, after its row is committed: 1. ask the provider, outside any transaction; 2. write the
/// answer with its effects, in one. After a crash in between, <see cref="QueryPayments"/> asks the provider and does the rest.
/// </summary>
public sealed class SettlePayment(
    PaymentQueries queries, PaymentMethods methods, PaymentProviders providers, CustomerChanges changes, Clock clock,
    ILogger<SettlePayment> log)
{
    /// <param name="isPresent">The customer is present and can be asked to confirm.</param>
    /// <returns>The attempt after the answer; pending if none came.</returns>
    internal async Task<PaymentRow> SendAsync(ProjectSnapshot project, PaymentRow attempt, bool isPresent, string actor)
    {
        // From here on a disconnection cancels nothing: the provider carries out the request either way.
        var payment = attempt.Payment;
        var order = OrderOf(payment, await methods.OfAsync(attempt, CancellationToken.None)) with { IsPresent = isPresent };
        var done = await providers.Of(payment.Provider).ChargeAsync(project, order, CancellationToken.None);
        return done is null ? attempt : await RunAsync(project, payment.Id, done, actor, CancellationToken.None);
    }

    /// <summary>Asks the provider about an attempt whose answer was lost.</summary>
    /// <param name="resends">True: sends it again if it never arrived. False: only asks.</param>
    public async Task AskAsync(ProjectSnapshot project, Guid id, bool resends, CancellationToken cancel)
    {
        if (await queries.FindAsync(project, id, cancel) is not { Payment: { IsOpen: true } payment } row)
        {
            return;
        }

        // The provider handles each key once, so sending it again is safe, and the attempt ends. An action that the customer must take
        // stays with the customer.
        var provider = providers.Of(payment.Provider);
        var done = await provider.FindAsync(project, id, cancel);
        if (done is { IsUndecided: true })
        {
            return;
        }

        if (done is null && resends && payment is { Status: PaymentStatus.Pending, Method: not null })
        {
            done = await provider.ChargeAsync(project, OrderOf(payment, await methods.OfAsync(row, cancel)), cancel);
        }

        if (done is not null)
        {
            await RunAsync(project, id, done, PaymentActors.System, cancel);
        }
    }

    /// <summary>Writes the answer and its effects once: a second call finds the payment settled.</summary>
    internal async Task<PaymentRow> RunAsync(ProjectSnapshot project, Guid id, ProviderAnswer done, string actor, CancellationToken cancel)
    {
        var before = (await queries.FindAsync(project, id, cancel))!;
        await using var change = (await changes.BeginOnExistingAsync(project, before.Payment.Customer, cancel))!;
        var now = clock.Now(project);
        if (done.NeedsCustomer)
        {
            if (await change.ExecuteAsync(PaymentSql.RequireAction, cancel, before.Partition, before.Account, id, done.Reference) == 1)
            {
                await AddFactAsync(change, before, "require_action", now, (actor, done.Reference), cancel);
            }
        }
        else if (await WriteAsync(change, before, done, now, cancel))
        {
            await AddFactAsync(change, before, done.Failure is null ? "succeed" : "fail", now, (actor, done.Reference), cancel);
            await (done.Failure is { } failure
                ? FailAsync(change, project, before.Payment, failure, now, cancel)
                : SucceedAsync(change, project, before, now, actor, cancel));
        }

        var after = (await PaymentQueries.FindAsync(change.Connection, project, id, cancel))!;
        await change.CommitAsync();
        Report(project, before.Payment, after.Payment);
        return after;
    }

    /// <summary>Logs a failure that no customer can fix, so that an operator sees it.</summary>
    private void Report(ProjectSnapshot project, Payment before, Payment after)
    {
        if (before.IsOpen && after.Failure is { } failure && !DunningRules.CanBeMended(failure))
        {
            log.LogError(
                "Payment {Payment} over {Amount} of project {Project} failed with {Failure} ({Reference}): the customer cannot fix this, "
                    + "so Tollgate no longer collects the invoice automatically",
                after.Id, after.Amount, project.Code, CatalogWords.Of(failure), after.Reference);
        }
    }

    private static async Task<bool> WriteAsync(
        CustomerChange change, PaymentRow row, ProviderAnswer done, Instant now, CancellationToken cancel) => await change.ExecuteAsync(
        PaymentSql.Settle, cancel, row.Partition, row.Account, row.Payment.Id,
        CatalogWords.Of(done.Failure is null ? PaymentStatus.Succeeded : PaymentStatus.Failed),
        SqlCommands.OrNull(done.Failure is { } why ? CatalogWords.Of(why) : null, NpgsqlDbType.Text), done.Reference, now.ToUtc()) == 1;

    /// <summary>Applies the effects of a payment, for all its purposes.</summary>
    private static Task SucceedAsync(
        CustomerChange change, ProjectSnapshot project, PaymentRow row, Instant now, string actor, CancellationToken cancel) =>
        row.Payment.Checkout is null
            ? PayAsync(change, project, row.Payment, row.Payment.Invoice!.Value, now, actor, cancel)
            : FinishCheckout.RunAsync(change, project, row.Payment, now, actor, cancel);

    /// <summary>Applies a payment to its invoice.</summary>
    internal static async Task PayAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, Guid invoice, Instant now, string actor, CancellationToken cancel)
    {
        var row = (await InvoiceQueries.FindAsync(change.Connection, project, invoice, cancel))!;
        await InvoiceChange.PayAsync(change, project, row, payment.Amount, actor, PaymentActors.NoteOf(payment.Id), now, cancel);
        await MoveCollection.SettledAsync(change, project, invoice, now, cancel);
    }

    /// <summary>Applies the effects of a failed payment.</summary>
    private static async Task FailAsync(
        CustomerChange change, ProjectSnapshot project, Payment payment, PaymentFailure failure, Instant now, CancellationToken cancel)
    {
        if (payment.Invoice is { } invoice)
        {
            await MoveCollection.FailedAsync(change, project, invoice, (payment.Id, failure), now, cancel);
        }
    }

    private static Task AddFactAsync(
        CustomerChange change, PaymentRow row, string verb, Instant now, (string Actor, string? Note) by, CancellationToken cancel) =>
        change.ExecuteAsync(
        PaymentSql.AddFact, cancel, row.Partition, row.Account, row.Payment.Id, verb, now.ToUtc(), row.Payment.Amount.Minor, by.Actor,
        SqlCommands.OrNull(by.Note, NpgsqlDbType.Text));

    private static ChargeOrder OrderOf(Payment payment, PaymentMethod method) => new(payment.Id, payment.Customer, method, payment.Amount);
}
