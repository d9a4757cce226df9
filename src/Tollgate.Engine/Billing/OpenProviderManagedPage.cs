using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Opens a provider's page that ends in a provider-managed subscription: 1. make the subscription as if Tollgate managed it, and roll it
/// back; 2. commit the checkout; 3. let the provider make the page. Tollgate makes no payment: the provider invoices.
/// </summary>
public sealed class OpenProviderManagedPage(
    NpgsqlDataSource database, CustomerChanges changes, SecretBox secrets, SubscriptionBackends backends, CouponQueries coupons,
    ApplyProviderUpdate apply, Clock clock)
{
    /// <returns>
    /// Null: no provider begins the subscription. The customer has one, it costs nothing, or Tollgate begins the project's subscriptions.
    /// </returns>
    public async Task<CheckoutAnswer?> RunAsync(ProjectSnapshot project, NewCheckout order, string actor, CancellationToken cancel)
    {
        if (order.Kind != CheckoutKind.Subscription || backends.OfNew(project) is not { } backend)
        {
            return null;
        }

        // Two pages could make two subscriptions.
        foreach (var other in await OpenPagesAsync(project, order.Customer, cancel))
        {
            if (!await CloseAsync(project, other, cancel))
            {
                return new(CheckoutOutcome.NoAnswer);
            }
        }

        var coupon = order.Wanted.Coupon is { } code ? (await coupons.FindAsync(project, code, cancel))?.Coupon : null;
        var (answer, page) = await BeginAsync(project, order, coupon, actor, cancel);
        if (answer is not { Outcome: CheckoutOutcome.Done, Row: { } row } || page is null)
        {
            return answer;
        }

        var made = await backend.OpenPageAsync(project, page, CancellationToken.None);
        if (made.Page is { } hosted)
        {
            await using var keep = database.Command(CheckoutSql.KeepPage, row.Partition, row.Account, row.Checkout.Id,
                secrets.CloseText(hosted.Url.AbsoluteUri, SecretPlace.Page(row.Checkout.Id)), hosted.Reference);
            await keep.ExecuteNonQueryAsync(CancellationToken.None);
            return answer with { Page = hosted.Url, Reference = hosted.Reference };
        }

        // Nobody has the page's address, so nobody can subscribe there.
        await ExpireAsync(project, row, actor);
        return made.Outcome == BackendOutcome.Impossible
            ? new(CheckoutOutcome.Refused, Refusal: new(SubscriptionOutcome.NotAtProvider, Detail: made.Detail))
            : answer with { Outcome = CheckoutOutcome.NoAnswer };
    }

    /// <summary>
    /// Closes the page of a checkout, so that nobody subscribes there any more. A purchase made on it meanwhile is applied.
    /// </summary>
    /// <returns>False: the provider did not say how the page ended.</returns>
    public async Task<bool> CloseAsync(ProjectSnapshot project, Guid checkout, CancellationToken cancel)
    {
        if (await PageAsync(project, checkout, cancel) is not ({ } provider, { } reference))
        {
            return true;
        }

        var backend = backends.Of(provider);
        var closed = await backend.ClosePageAsync(project, reference, cancel);
        var isFollowed = true;
        foreach (var update in closed.Updates)
        {
            isFollowed &= await apply.RunAsync(project, backend.Name, update, cancel) is null || update is not CheckoutUpdate;
        }

        // Without keys Tollgate can never ask the provider.
        return closed.Outcome == BackendOutcome.Impossible || (closed.Outcome == BackendOutcome.Done && isFollowed);
    }

    private async Task<IReadOnlyList<Guid>> OpenPagesAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.OpenProviderManagedPages, project.Id, customer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var open = new List<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            open.Add(reader.GetGuid(0));
        }

        return open;
    }

    private async Task<(string? Provider, string? Reference)> PageAsync(ProjectSnapshot project, Guid checkout, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.ProviderManagedPage, project.Id, checkout);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetString(0), reader.GetString(1)) : default;
    }

    private async Task<(CheckoutAnswer? Answer, ProviderManagedCheckout? Page)> BeginAsync(
        ProjectSnapshot project, NewCheckout order, Coupon? coupon, string actor, CancellationToken cancel)
    {
        await using var change = await changes.BeginAsync(project, order.Customer, cancel);
        var now = clock.Now(project);
        if (await TakeStep.FindAsync(change, project, SubscriptionSql.Live, cancel, change.Row.Partition, change.Row.Account) is { } live)
        {
            return live.Subscription.ManagedBy is null
                ? (null, null)
                : (Refuse(
                    SubscriptionOutcome.AlreadySubscribed,
                    $"{CatalogWords.Of(project.Payments.Provider)} has subscription {live.Reference} of the customer. Change that one."),
                    null);
        }

        await change.MarkAsync(OpenCheckout.Look, cancel);
        var looked = await new MakePurchase(change, project, new(now, now), actor).RunAsync(order.Kind, order.Wanted, hasMethod: true,
            looksAhead: false, cancel);
        await change.TakeBackAsync(OpenCheckout.Look, cancel);
        if (looked.Refusal is { } refusal)
        {
            return (new(CheckoutOutcome.Refused, Refusal: refusal), null);
        }

        var terms = looked.Subscription!.Terms;
        if (terms.Amount.IsZero)
        {
            return (null, null);
        }

        var row = OpenCheckout.RowOf(change.Row, project, order, now);
        await CheckoutWriter.OpenAsync(change, row, KeyHash.Of(PageToken.New(null)).ToBytes(), order.Issuer, actor, cancel);
        await change.ExecuteAsync(
            CheckoutSql.SetManagedBy, cancel, row.Partition, row.Account, row.Checkout.Id, CatalogWords.Of(project.Payments.Provider));
        await change.CommitAsync();
        var (profile, days) =
            (change.Row.Customer.Profile, looked.Subscription.Status == SubscriptionStatus.Trialing ? terms.Price!.TrialDays : 0);
        return (new(CheckoutOutcome.Done, row), new(
            row.Checkout.Id, new(order.Customer, profile.Name, profile.Email), terms, days, coupon, new(row.Checkout.SuccessUrl!),
            new(row.Checkout.CancelUrl!),
            clock.Now().Plus(order.Life).ToOffset()));
    }

    private async Task ExpireAsync(ProjectSnapshot project, CheckoutRow row, string actor)
    {
        await using var change = await changes.BeginOnExistingAsync(project, row.Checkout.Customer, CancellationToken.None);
        if (change is not null)
        {
            await CheckoutWriter.ExpireAsync(change, row, clock.Now(project), actor, CancellationToken.None);
            await change.CommitAsync();
        }
    }

    private static CheckoutAnswer Refuse(SubscriptionOutcome outcome, string detail) =>
        new(CheckoutOutcome.Refused, Refusal: new(outcome, Detail: detail));
}
