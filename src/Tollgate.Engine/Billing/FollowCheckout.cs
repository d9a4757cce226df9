using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Ends a checkout whose provider's page ends in a provider-managed subscription: completed with that, or expired. The provider reports the
/// subscription separately; this class counts the redemption of its coupon.
/// </summary>
public sealed class FollowCheckout(NpgsqlDataSource database, CustomerChanges changes, ChangeCoupons coupons, Clock clock)
{
    /// <returns>Null: the update is applied. Otherwise why it cannot be yet.</returns>
    public async Task<Unresolved?> RunAsync(
        ProjectSnapshot project, PaymentProvider provider, CheckoutUpdate update, CancellationToken cancel)
    {
        CheckoutRow? row;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            row = await CheckoutQueries.FindAsync(connection, project, update.Checkout, cancel);
        }

        Guid? subscription = update.Subscription is { } reference ? ProviderReference.IdOf(reference) : null;
        await using (var change = row is null ? null : await changes.BeginOnExistingAsync(project, row.Checkout.Customer, cancel))
        {
            if (row is null || change is null)
            {
                return new($"Tollgate knows no checkout {update.Checkout}.");
            }

            if (subscription is { } id
                && await TakeStep.FindAsync(
                    change, project, SubscriptionSql.ById, cancel, change.Row.Partition, change.Row.Account, id) is null)
            {
                return Unresolved.NotFollowed(update.Subscription!, $"Tollgate does not follow {update.Subscription} yet.");
            }

            var (now, actor) = (clock.Now(project), CatalogWords.Of(provider));
            await (subscription is null
                ? CheckoutWriter.ExpireAsync(change, row, now, actor, cancel)
                : CheckoutWriter.CompleteAsync(change, row, (subscription, null, null), now, actor, cancel));
            await change.CommitAsync();
        }

        if (subscription is { } begun && row.Wanted.Coupon is { } code)
        {
            // On a repeat the coupon is already redeemed; if it was used up in the meantime, the provider applies it all the same.
            await coupons.RedeemAsync(
                project, begun, code, new(CatalogWords.Of(provider), Preview: false) { IsFromProvider = true }, cancel);
        }

        return null;
    }
}
