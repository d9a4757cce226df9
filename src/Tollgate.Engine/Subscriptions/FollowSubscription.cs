using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Subscriptions;

/// <summary>
/// Brings the row of a subscription that a provider drives to what the provider says of it. Told again, or late, it changes nothing: who asked later knows more.
/// </summary>
public sealed class FollowSubscription(NpgsqlDataSource database, QuotaGate gate, Clock clock)
{
    /// <summary>Our id of what a provider calls <paramref name="reference"/>.</summary>
    public static Guid IdOf(string reference) => EventKey.Parse(reference, Instant.Epoch).Id;

    /// <returns>Null: it is so now. Else why it cannot be, for people.</returns>
    public async Task<string?> RunAsync(ProjectSnapshot project, PaymentProvider provider, SubscriptionNews news, CancellationToken cancel)
    {
        if (!project.Catalog.Plans.TryGetValue(news.Plan, out var newest))
        {
            return $"The catalogue has no plan '{news.Plan}', which {news.Reference} is for.";
        }

        await using var change = await CustomerChange.BeginAsync(database, project, news.Customer, cancel);
        var (row, id) = (change.Row, IdOf(news.Reference));
        await change.AskAsync(SubscriptionSql.LockId, cancel, id.ToString("D"));
        if (await change.AskAsync(SubscriptionSql.CustomerOf, cancel, project.Id, id) is string owner && owner != news.Customer)
        {
            return $"{news.Reference} is of customer '{owner}' here, and of '{news.Customer}' there.";
        }

        var known = await TakeStep.FindAsync(change, project, SubscriptionSql.ById, cancel, row.Partition, row.Account, id);
        var heardAt = news.AskedAt.ToUtc();
        if (known is { Subscription.DrivenBy: null })
        {
            return $"A subscription of Tollgate's own has the id {news.Reference}.";
        }

        if (known is not null && await change.AskAsync(SubscriptionSql.IsOldNews, cancel, row.Partition, row.Account, id, heardAt) is true)
        {
            return null;
        }

        if (known is null && await RefuseAsync(change, project, news, cancel) is { } refused)
        {
            return refused;
        }

        var writing = new StepWriting(change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), CatalogWords.Of(provider), clock.Now(project));
        if (TermsOf(newest, known?.Subscription, news) is not { AreSold: true } terms)
        {
            return $"Plan '{news.Plan}' has no {CatalogWords.Of(news.Interval)} price in {news.Each.Currency.Code}, in which {news.Reference} is paid.";
        }

        if (!terms.IsPayable)
        {
            return $"{news.Reference}: one period would cost more than {SubscriptionTerms.LargestAmount} minor units.";
        }

        var doubt = await StepAsync(writing, provider, known, StateOf(news, terms), (id, news.Reference), cancel);
        if (doubt is not null)
        {
            return doubt;
        }

        await change.ExecuteAsync(SubscriptionSql.Heard, cancel, row.Partition, row.Account, id, heardAt);
        await change.CommitAsync(cancel);
        foreach (var changed in writing.Changed)
        {
            await gate.ForgetAsync(project, changed, cancel);
        }

        return null;
    }

    /// <summary>Why another subscription cannot begin.</summary>
    private static async Task<string?> RefuseAsync(CustomerChange change, ProjectSnapshot project, SubscriptionNews news, CancellationToken cancel)
    {
        var row = change.Row;
        if (row.Owner is { } owner)
        {
            return $"Customer '{news.Customer}' is a member of '{owner}', which subscribes for it.";
        }

        if (row.Customer.Profile.Currency is { } kept && kept != news.Each.Currency.Code)
        {
            return $"Customer '{news.Customer}' is invoiced in {kept}, and {news.Reference} in {news.Each.Currency.Code}.";
        }

        return news.EndedAt is null && await TakeStep.FindAsync(change, project, SubscriptionSql.Live, cancel, row.Partition, row.Account) is { } live
            ? $"Customer '{news.Customer}' has subscription {live.Reference ?? live.Subscription.Id.ToString()}, which is {CatalogWords.Of(live.Subscription.Status)}: "
                + $"{news.Reference} begins here when that one is over."
            : null;
    }

    /// <summary>Its own version of a plan stays. What is paid instead of the plan's price was agreed there.</summary>
    private static SubscriptionTerms TermsOf(PlanVersion newest, Subscription? known, SubscriptionNews news)
    {
        var plan = known?.Terms.Plan is { } held && held.Code == news.Plan ? held : newest;
        var terms = new SubscriptionTerms(plan, news.Interval, news.Each.Currency, news.Quantity);
        return terms.Price is { } price && price.AmountMinor != news.Each.Minor ? terms with { CustomAmount = news.Each.Minor } : terms;
    }

    private static MirroredState StateOf(SubscriptionNews news, SubscriptionTerms terms) => new(
        news.Status, terms, news.StartedAt, new(news.Anchor), news.Current, news.TrialEnd, news.CancelAt, news.EndedAt, news.Reason);

    private static async Task<string?> StepAsync(
        StepWriting writing, PaymentProvider provider, SubscriptionRow? row, MirroredState state, (Guid Id, string Reference) which, CancellationToken cancel)
    {
        var word = CatalogWords.Of(provider);
        foreach (var step in SubscriptionMirror.Follow(which.Id, word, row?.Subscription, state, writing.Now))
        {
            var answer = await writing.WriteAsync(row, StepChoice.Of(row is null ? step : Billed(step, row), word), cancel, which.Reference);
            if (answer.Outcome != SubscriptionOutcome.Done)
            {
                return $"{which.Reference}: {answer.Detail}";
            }

            row = answer.Row;
        }

        var change = writing.Change;
        await change.ExecuteAsync(CustomerSql.KeepCurrency, cancel, change.Row.Partition, change.Row.Account, state.Terms.Currency.Code);
        return null;
    }

    /// <summary>What the step before has billed until then stays billed.</summary>
    private static SubscriptionStep Billed(SubscriptionStep step, SubscriptionRow row) =>
        step.After.UsageFrom < row.Subscription.UsageFrom ? step with { After = step.After with { UsageFrom = row.Subscription.UsageFrom } } : step;
}
