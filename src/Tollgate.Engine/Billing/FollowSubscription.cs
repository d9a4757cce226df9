using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Updates the row of a provider-managed subscription from the provider's state. A repeat or a late update changes nothing: the state that
/// was read later wins.
/// </summary>
public sealed class FollowSubscription(CustomerChanges changes, Clock clock)
{
    /// <returns>
    /// Null: the update is applied. Otherwise why it cannot be; the possible parts are applied.
    /// </returns>
    public async Task<Unresolved?> RunAsync(
        ProjectSnapshot project, PaymentProvider provider, SubscriptionUpdate update, CancellationToken cancel)
    {
        await using var change = await changes.BeginAsync(project, update.Customer, cancel);
        var (row, id) = (change.Row, ProviderReference.IdOf(update.Reference));
        await change.ScalarAsync(SubscriptionSql.LockId, cancel, id.ToString("D"));
        if (await change.ScalarAsync(SubscriptionSql.CustomerOf, cancel, project.Id, id) is string owner && owner != update.Customer)
        {
            return new($"{update.Reference} belongs to customer '{owner}' in Tollgate, and to '{update.Customer}' at the provider.");
        }

        var known = await TakeStep.FindAsync(change, project, SubscriptionSql.ById, cancel, row.Partition, row.Account, id);
        var heardAt = update.AskedAt.ToUtc();
        if (known is { Subscription.ManagedBy: null })
        {
            return new($"A subscription of Tollgate's own has the id {update.Reference}.");
        }

        if (known is not null
            && await change.ScalarAsync(SubscriptionSql.IsOldUpdate, cancel, row.Partition, row.Account, id, heardAt) is true)
        {
            return null;
        }

        // Ignore a subscription that nobody has paid for yet: it may be one of several tries.
        if (known is null && update is { Status: SubscriptionStatus.Incomplete, EndedAt: null })
        {
            return null;
        }

        var (terms, doubt) = TermsOf(project, known?.Subscription, update);
        if (terms is null)
        {
            return doubt;
        }

        var writing = new StepWriting(
            change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), CatalogWords.Of(provider),
            clock.Now(project));
        if (known is null && await RefuseAsync(writing, update, cancel) is { } refused)
        {
            return refused;
        }

        await StepAsync(writing, provider, known, StateOf(update, terms), (id, update.Reference), cancel);
        await change.ExecuteAsync(SubscriptionSql.Heard, cancel, row.Partition, row.Account, id, heardAt,
            SqlCommands.OrNull(update.Price?.Reference, NpgsqlDbType.Text));
        await change.CommitAsync();

        return doubt;
    }

    /// <summary>
    /// Returns the reason why another subscription cannot begin. A live subscription that gives no plan is ended in favour of one that
    /// does.
    /// </summary>
    private static async Task<Unresolved?> RefuseAsync(StepWriting writing, SubscriptionUpdate update, CancellationToken cancel)
    {
        var (change, row) = (writing.Change, writing.Change.Row);
        if (row.Owner is { } owner)
        {
            return new($"Customer '{update.Customer}' is a member of '{owner}', which subscribes for it.");
        }

        if (update.EndedAt is not null)
        {
            return null;
        }

        if (row.Customer.Profile.Currency is { } kept && kept != update.Price!.Each.Currency.Code)
        {
            return new(
                $"Customer '{update.Customer}' is invoiced in {kept}, and {update.Reference} in {update.Price.Each.Currency.Code}.");
        }

        if (await TakeStep.FindAsync(change, writing.Project, SubscriptionSql.Live, cancel, row.Partition, row.Account) is not { } live)
        {
            return null;
        }

        if (live.Subscription is { ManagedBy: not null, GivesPlan: false }
            && update.Status is SubscriptionStatus.Active or SubscriptionStatus.Trialing)
        {
            await writing.WriteAsync(
                live, StepChoice.Of(SubscriptionLife.Cancel(live.Subscription, "replaced", writing.Now), $"replaced by {update.Reference}"),
                cancel);
            return null;
        }

        return Unresolved.BlockedBy(
            update.Customer, live.Reference ?? live.Subscription.Id.ToString(), CatalogWords.Of(live.Subscription.Status),
            update.Reference);
    }

    /// <summary>
    /// Determines the terms. The subscription keeps its plan version if that sells these terms. A price other than the plan's was agreed at
    /// the provider. A followed subscription keeps its terms if the catalogue does not sell the provider's.
    /// </summary>
    /// <returns>No terms: it cannot be followed. A reason: why not, or which part differs from the provider's.</returns>
    private static (SubscriptionTerms? Terms, Unresolved? Doubt) TermsOf(ProjectSnapshot project, Subscription? known,
        SubscriptionUpdate update)
    {
        if (update.Price is not { } price || !project.Catalog.Plans.TryGetValue(price.Plan, out var newest))
        {
            return (known?.Terms,
                new($"No plan of the catalogue has the price of {update.Reference}: set the credential price_<plan> to its id, "
                    + "or create the price with \"tollgate stripe sync\"."));
        }

        var held = known?.Terms.Plan is { } plan && plan.Code == price.Plan ? plan : newest;
        SubscriptionTerms[] possible = [Of(held), Of(newest)];
        return Array.Find(possible, static terms => terms is { AreSold: true, IsPayable: true }) is { } sold
            ? (sold, null)
            : (known?.Terms,
                new($"Plan '{price.Plan}' is not sold {CatalogWords.Of(price.Interval)} in {price.Each.Currency.Code} for "
                    + $"{price.Quantity} × {price.Each}, as {update.Reference} is."));

        SubscriptionTerms Of(PlanVersion version)
        {
            var terms = new SubscriptionTerms(version, price.Interval, price.Each.Currency, price.Quantity);
            return terms.Price is { } listed && (listed.AmountMinor != price.Each.Minor || listed.Discount is not null)
                ? terms with { CustomAmount = price.Each.Minor }
                : terms;
        }
    }

    private static MirroredState StateOf(SubscriptionUpdate update, SubscriptionTerms terms) => new(
        update.Status, terms, update.StartedAt, new(update.Anchor), update.Current, update.TrialEnd, update.CancelAt, update.EndedAt,
        update.Reason) { ConvertsTrial = update.ConvertsTrial };

    private static async Task StepAsync(
        StepWriting writing, PaymentProvider provider, SubscriptionRow? row, MirroredState state, (Guid Id, string Reference) which,
        CancellationToken cancel)
    {
        var word = CatalogWords.Of(provider);
        foreach (var step in SubscriptionMirror.Follow(which.Id, word, row?.Subscription, state, writing.Now))
        {
            row = (await writing.WriteAsync(row, StepChoice.Of(row is null ? step : Billed(step, row), word), cancel, which.Reference)).Row;
        }

        var change = writing.Change;
        if (state.EndedAt is null)
        {
            await change.ExecuteAsync(
                CustomerSql.KeepCurrency, cancel, change.Row.Partition, change.Row.Account, state.Terms.Currency.Code);
        }
    }

    /// <summary>Usage that the previous step has billed stays billed.</summary>
    private static SubscriptionStep Billed(SubscriptionStep step, SubscriptionRow row) =>
        step.After.UsageFrom < row.Subscription.UsageFrom
            ? step with { After = step.After with { UsageFrom = row.Subscription.UsageFrom } }
            : step;
}
