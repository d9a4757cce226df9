using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>The order of a subscription.</summary>
/// <param name="Currency">Null: the customer's currency, or the project's.</param>
/// <param name="Trial">Null: the plan's trial, if the customer has not had one.</param>
/// <param name="ConvertsTrial">True: the trial becomes a paid subscription at its end. False: the subscription ends.</param>
/// <param name="Fingerprint">Identifies a card or a device; each gets one trial.</param>
/// <param name="StartAt">Not in the future; null: now.</param>
/// <param name="AddOns">Codes and quantities.</param>
/// <param name="CustomAmount">The agreed price in place of the plan's, in minor units; null: the plan's.</param>
public sealed record SubscriptionOrder(
    string Customer, string Plan, PriceInterval Interval, Currency? Currency, long Quantity, bool? Trial, bool ConvertsTrial,
    string? Fingerprint, string? Coupon,
    Instant? StartAt, string? Id, IReadOnlyList<(string Code, long Quantity)> AddOns, long? CustomAmount)
{
    /// <summary>The agreed discount on the plan's price; null: the catalogue's.</summary>
    public LineDiscount? Discount { get; init; }
}

/// <summary>Begins a subscription. It creates the customer if it is missing; the plan's quotas apply at once.</summary>
public sealed class CreateSubscription(CustomerChanges changes, Clock clock)
{
    /// <summary>Idempotent by <see cref="SubscriptionOrder.Id"/>.</summary>
    public async Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, SubscriptionOrder order, StepRequest request, CancellationToken cancel)
    {
        if (!project.Catalog.Plans.ContainsKey(order.Plan))
        {
            return new(SubscriptionOutcome.PlanUnknown);
        }

        await using var change = await changes.BeginAsync(project, order.Customer, cancel);
        var writing = new StepWriting(
            change, project, await SettingsText.LoadAsync(change.Connection, project, cancel), request.Actor, clock.Now(project));
        var key = order.Id is { } id ? EventKey.Parse(id, writing.Now) : EventKey.Generate(writing.Now);
        await change.ScalarAsync(SubscriptionSql.LockId, cancel, key.Id.ToString("D"));
        if (await change.ScalarAsync(SubscriptionSql.CustomerOf, cancel, project.Id, key.Id) is string owner && owner != order.Customer)
        {
            return new(SubscriptionOutcome.IdReused, null, order.Customer);
        }

        if (await TakeStep.FindAsync(
            change, project, SubscriptionSql.ById, cancel, change.Row.Partition, change.Row.Account, key.Id) is { } known)
        {
            var outcome = await IsSameAsync(change, order, known.Subscription, cancel)
                ? SubscriptionOutcome.Replayed
                : SubscriptionOutcome.IdReused;
            return new(outcome, known, order.Customer);
        }

        var answer = await BeginAsync(writing, order, key, cancel);
        return answer.Row is null
            ? answer
            : await TakeStep.EndAsync(writing, await TakeStep.CatchUpAsync(writing, answer, cancel), request, cancel);
    }

    /// <summary>
    /// Begins a subscription in the caller's transaction. The caller locks the customer and commits. Steps that have become due since the
    /// start are not done yet.
    /// </summary>
    internal static Task<SubscriptionAnswer> RunInTransactionAsync(
        StepWriting writing, SubscriptionOrder order, CancellationToken cancel) =>
        BeginAsync(writing, order, EventKey.Generate(writing.Now), cancel);

    private static async Task<SubscriptionAnswer> BeginAsync(
        StepWriting writing, SubscriptionOrder order, EventKey key, CancellationToken cancel)
    {
        var (change, project) = (writing.Change, writing.Project);
        if (!project.Catalog.Plans.TryGetValue(order.Plan, out var plan))
        {
            return new(SubscriptionOutcome.PlanUnknown);
        }

        var choice = await ChooseAsync(writing, order, plan, key.Id, cancel);
        if (choice.Step is null)
        {
            return new(choice.Outcome, null, order.Customer, Detail: choice.Detail);
        }

        var answer = await writing.WriteAsync(null, choice, cancel, key.Text);
        await change.ExecuteAsync(
            CustomerSql.KeepCurrency, cancel, change.Row.Partition, change.Row.Account, choice.Step.After.Terms.Currency.Code);
        return answer;
    }

    private static async Task<StepChoice> ChooseAsync(
        StepWriting writing, SubscriptionOrder order, PlanVersion plan, Guid id, CancellationToken cancel)
    {
        var (change, project) = (writing.Change, writing.Project);
        if (change.Row.Owner is { } owner)
        {
            return StepChoice.None(SubscriptionOutcome.IsMember, $"{order.Customer} is a member of {owner}; subscribe {owner}.");
        }

        if (await TakeStep.FindAsync(change, project, SubscriptionSql.Live, cancel, change.Row.Partition, change.Row.Account) is { } live)
        {
            var name = live.Reference ?? live.Subscription.Id.ToString();
            return StepChoice.None(
                SubscriptionOutcome.AlreadySubscribed,
                $"The customer has subscription {name} to plan '{live.Subscription.Terms.Plan.Code}', "
                    + $"which is {CatalogWords.Of(live.Subscription.Status)}. Change that one with PATCH /v1/subscriptions/{name}, "
                    + "or cancel it first.");
        }

        var kept = change.Row.Customer.Profile.Currency;
        if (order.Currency is { } wanted && kept is not null && kept != wanted.Code)
        {
            return StepChoice.None(SubscriptionOutcome.CurrencyFixed, $"The customer is invoiced in {kept}.");
        }

        var terms = new SubscriptionTerms(plan, order.Interval, order.Currency ?? Currency.Of(kept ?? project.Currency), order.Quantity)
        {
            CustomAmount = order.CustomAmount, AgreedDiscount = order.Discount,
        };
        var (faulty, addOns) = AddOnChoice.Of(project.Catalog.Document, terms, order.AddOns);
        if (faulty is not null || terms.Price is not { } price)
        {
            return faulty is null
                ? StepChoice.None(SubscriptionOutcome.PriceUnknown, ChangeAtOnce.PricesOf(terms))
                : StepChoice.None(SubscriptionOutcome.AddOnRefused, faulty);
        }

        terms = terms with { AddOns = addOns };
        if (ChangeAtOnce.Unpayable(terms) is { } unpayable)
        {
            return unpayable;
        }

        var (subscriptions, trials, lastEnd) = await PastAsync(change, cancel);
        if (order.StartAt < lastEnd)
        {
            return StepChoice.None(SubscriptionOutcome.Overlaps, $"The customer had a subscription until {lastEnd}; start then or later.");
        }

        var (noTrial, days) = await TrialAsync(change, project, order, price, subscriptions, trials, id, cancel);
        if (noTrial is { } refused)
        {
            return StepChoice.None(refused, refused == SubscriptionOutcome.NoTrial ? $"This price of '{plan.Code}' has no trial." : null);
        }

        var step = SubscriptionLife.Start(id, terms, days, order.ConvertsTrial, order.StartAt ?? writing.Now, project.Zone);
        var redemption = new RedemptionOrder(step.After, subscriptions == 0, AtStart: true, writing.Now);
        var coupon = order.Coupon is null ? null : await CouponQueries.RedeemAsync(change, project, order.Coupon, redemption, cancel);
        return coupon is null ? StepChoice.Of(step) : StepChoice.None(SubscriptionOutcome.CouponRefused, coupon);
    }

    /// <summary>Returns the number of earlier subscriptions, the number with a trial, and the end of the last one.</summary>
    private static async Task<(long Subscriptions, long Trials, Instant? LastEnd)> PastAsync(CustomerChange change,
        CancellationToken cancel)
    {
        await using var command = change.Command(SubscriptionSql.Past, change.Row.Partition, change.Row.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : Instant.FromUtc(reader.GetDateTime(2)));
    }

    /// <summary>
    /// Determines the trial. Each customer and each fingerprint gets one; unless the order asks for it, only a first subscription begins
    /// with one.
    /// </summary>
    private static async Task<(SubscriptionOutcome? Refused, int Days)> TrialAsync(
        CustomerChange change, ProjectSnapshot project, SubscriptionOrder order, PlanPrice price, long subscriptions, long trials, Guid id,
        CancellationToken cancel)
    {
        if (order.Trial == false || (order.Trial is null && (price.TrialDays == 0 || subscriptions > 0)))
        {
            return (null, 0);
        }

        if (price.TrialDays == 0)
        {
            return (SubscriptionOutcome.NoTrial, 0);
        }

        var isHad = trials > 0 || (order.Fingerprint is { } fingerprint
            && await change.ScalarAsync(
                SubscriptionSql.TakeFingerprint, cancel, project.Id, SHA256.HashData(Encoding.UTF8.GetBytes(fingerprint)), id) is null);
        return isHad ? (order.Trial == true ? SubscriptionOutcome.TrialUsed : null, 0) : (null, price.TrialDays);
    }

    /// <summary>
    /// True if a repeat orders the same as the subscription's first fact; later changes do not count. A start time that the order left open
    /// does not count either.
    /// </summary>
    private static async Task<bool> IsSameAsync(
        CustomerChange change, SubscriptionOrder order, Subscription stored, CancellationToken cancel)
    {
        var first =
            (string)(await change.ScalarAsync(SubscriptionSql.FirstState, cancel, change.Row.Partition, change.Row.Account, stored.Id))!;
        var state = JsonSerializer.Deserialize(first, SubscriptionJson.Stored.SubscriptionState)!;
        var coupon = await change.ScalarAsync(
            RedemptionSql.CodeAtStart, cancel, change.Row.Partition, change.Row.Account, stored.Id) as string;
        var isTrial = state.Status == CatalogWords.Of(SubscriptionStatus.Trialing);
        return (state.Plan, state.Interval, state.Quantity, state.CustomAmount, state.Discount, coupon)
                == (order.Plan, CatalogWords.Of(order.Interval), order.Quantity, order.CustomAmount, StoredDiscount.Write(order.Discount),
                    order.Coupon)
            && AreSame(state.AddOns ?? new Dictionary<string, long>(), order.AddOns)
            && (order.Currency is null || order.Currency == stored.Terms.Currency)
            && (order.Trial is null || order.Trial == isTrial)
            && (!isTrial || order.ConvertsTrial == stored.ConvertsTrial)
            && (order.StartAt is not { } start
                || stored.StartedAt == new Instant(start.UnixMicroseconds - (start.UnixMicroseconds % 1_000_000)));
    }

    private static bool AreSame(IReadOnlyDictionary<string, long> had, IReadOnlyList<(string Code, long Quantity)> wanted) =>
        had.Count == wanted.Count && wanted.All(one => had.TryGetValue(one.Code, out var quantity) && quantity == one.Quantity);
}
