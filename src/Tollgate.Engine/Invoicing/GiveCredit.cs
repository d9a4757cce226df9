using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>Credit for a customer.</summary>
/// <param name="Minor">Minor units, not 0. Negative: prepaid credit is taken back.</param>
/// <param name="Currency">Null: the customer's currency, or the project's.</param>
/// <param name="ExpiresAt">Only for promotional credit, in the future; null: never.</param>
/// <param name="Note">A note for operators.</param>
public sealed record CreditGift(CreditKind Kind, long Minor, Currency? Currency, Instant? ExpiresAt, string? Note);

public enum GiveCreditOutcome
{
    Given,

    /// <summary>The customer is a member of another one, which is invoiced for it.</summary>
    IsMember,

    /// <summary>The customer is invoiced in another currency.</summary>
    CurrencyFixed,

    /// <summary>The catalogue sells nothing in this currency, so the customer, who keeps it, could not buy anything.</summary>
    CurrencyNotSold,

    /// <summary>The request takes back more than there is.</summary>
    NotEnough,

    /// <summary>The customer would exceed the limit.</summary>
    TooMuch,
}

/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record GiveCreditAnswer(GiveCreditOutcome Outcome, CreditFact? Fact = null, string? Detail = null);

/// <summary>
/// Gives a customer credit, or takes back unused prepaid credit: 1. lock the customer, as billing does; 2. check the gift; 3. write it.
/// </summary>
public sealed class GiveCredit(CustomerChanges changes, Clock clock)
{
    /// <summary>
    /// The most promotional credits of one customer that are unexpired and not used up: each may be a line of its next invoice.
    /// </summary>
    public const int MostOpen = 100;

    /// <summary>The most minor units of one gift, and of a customer's prepaid credit: as much as a period can cost.</summary>
    public const long LargestAmount = SubscriptionTerms.LargestAmount;

    /// <summary>Creates the customer if it is missing.</summary>
    /// <param name="request">The request; a repeat returns the first result. Null: each call is a new request.</param>
    public async Task<GiveCreditAnswer> RunAsync(
        ProjectSnapshot project, string customer, CreditGift gift, Guid? request, string actor, CancellationToken cancel)
    {
        // 1.
        await using var change = await changes.BeginAsync(project, customer, cancel);
        if (change.Row.Owner is { } owner)
        {
            return new(GiveCreditOutcome.IsMember, Detail: $"{customer} is a member of {owner}; give it to {owner}.");
        }

        var now = clock.Now(project);
        if (await change.ResultOfAsync(request, cancel) is { } given)
        {
            return new(GiveCreditOutcome.Given, await CreditQueries.FindAsync(change, given, now, cancel));
        }

        // 2.
        var kept = change.Row.Customer.Profile.Currency;
        var currency = gift.Currency ?? Currency.Of(kept ?? project.Currency);
        if (kept is not null && kept != currency.Code)
        {
            return new(GiveCreditOutcome.CurrencyFixed, Detail: $"The customer is invoiced in {kept}.");
        }

        if (kept is null && !SoldIn(project).Contains(currency.Code))
        {
            return new(
                GiveCreditOutcome.CurrencyNotSold,
                Detail: $"Nothing is sold in {currency.Code}, and the customer would keep it. Possible: "
                    + $"{string.Join(", ", SoldIn(project))}.");
        }

        var amount = new MoneyAmount(gift.Minor, currency);
        if (await RefusalAsync(change, gift.Kind, amount, now, cancel) is { } refusal)
        {
            return refusal;
        }

        // 3.
        var id = gift.Kind == CreditKind.Prepaid
            ? await PrepaidAsync(change, gift, amount, actor, now, cancel)
            : await PromotionalAsync(change, project, gift, amount, actor, now, cancel);
        await change.ExecuteAsync(CustomerSql.KeepCurrency, cancel, change.Row.Partition, change.Row.Account, currency.Code);
        await change.KeepResultAsync(request, id, cancel);
        var fact = await CreditQueries.FindAsync(change, id, now, cancel);
        await change.CommitAsync();
        return new(GiveCreditOutcome.Given, fact);
    }

    /// <summary>Returns the currencies of the catalogue, or the project's default if it sells nothing yet.</summary>
    private static IReadOnlyList<string> SoldIn(ProjectSnapshot project) =>
        project.Catalog.Document.CurrenciesSold is { Count: > 0 } sold ? sold : [project.Currency];

    private static async Task<GiveCreditAnswer?> RefusalAsync(
        CustomerChange change, CreditKind kind, MoneyAmount amount, Instant now, CancellationToken cancel)
    {
        if (kind == CreditKind.Promotional)
        {
            var open =
                (long)(await change.ScalarAsync(
                    RedemptionSql.CountOpenCredits, cancel, change.Row.Partition, change.Row.Account, now.ToUtc()))!;
            return open < MostOpen
                ? null
                : new(GiveCreditOutcome.TooMuch,
                    Detail: $"The customer has {MostOpen} promotional credits with something left; no more are possible.");
        }

        var left = await BuyPack.CreditsAsync(change, amount.Currency, cancel);
        return (left + amount) switch
        {
            { IsNegative: true } =>
                new(GiveCreditOutcome.NotEnough, Detail: $"The customer has {left} of prepaid credits, so {-amount} cannot be taken back."),
            { Minor: > LargestAmount } =>
                new(GiveCreditOutcome.TooMuch,
                    Detail: $"A customer can have {new MoneyAmount(LargestAmount, amount.Currency)} prepaid at most."),
            _ => null,
        };
    }

    private static async Task<string> PrepaidAsync(
        CustomerChange change, CreditGift gift, MoneyAmount amount, string actor, Instant now, CancellationToken cancel)
    {
        var sequence = (long)(await change.ScalarAsync(
            CreditSql.Insert, cancel, change.Row.Partition, change.Row.Account, amount.Currency.Code, amount.Minor, now.ToUtc(), actor,
            SqlCommands.OrNull(gift.Note, NpgsqlDbType.Text)))!;
        return IdOf('c', sequence);
    }

    private static async Task<string> PromotionalAsync(
        CustomerChange change, ProjectSnapshot project, CreditGift gift, MoneyAmount amount, string actor, Instant now,
        CancellationToken cancel)
    {
        var sequence = (long)(await change.ScalarAsync(
            RedemptionSql.InsertCredit, cancel, change.Row.Partition, change.Row.Account, project.Id, amount.Currency.Code, amount.Minor,
            now.ToUtc(),
            SqlCommands.OrNull(gift.ExpiresAt?.ToUtc(), NpgsqlDbType.TimestampTz), actor,
            SqlCommands.OrNull(gift.Note, NpgsqlDbType.Text)))!;
        return IdOf('p', sequence);
    }

    /// <summary>Returns the id as in <see cref="CreditSql.Facts"/>.</summary>
    private static string IdOf(char kind, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{sequence:D12}");
}
