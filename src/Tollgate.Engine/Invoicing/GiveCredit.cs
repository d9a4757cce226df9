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

/// <summary>Money for a customer.</summary>
/// <param name="Minor">Minor units, not 0. Negative: prepaid money is taken back.</param>
/// <param name="Currency">Null: the customer's, or the project's.</param>
/// <param name="ExpiresAt">Only of promotional credit, in the future; null: never.</param>
/// <param name="Note">For people.</param>
public sealed record CreditGift(CreditKind Kind, long Minor, Currency? Currency, Instant? ExpiresAt, string? Note);

public enum GiveCreditOutcome
{
    Given,

    /// <summary>It is a member of another customer, which is invoiced for it.</summary>
    IsMember,

    /// <summary>The customer is invoiced in another currency.</summary>
    CurrencyFixed,

    /// <summary>Nothing is offered in it, so the customer, who keeps it, could not be sold anything.</summary>
    CurrencyNotSold,

    /// <summary>More is to be taken back than there is.</summary>
    NotEnough,

    /// <summary>The customer would have more than anybody can.</summary>
    TooMuch,
}

/// <param name="Detail">Of a refusal, for people.</param>
public sealed record GiveCreditAnswer(GiveCreditOutcome Outcome, CreditFact? Fact = null, string? Detail = null);

/// <summary>
/// Gives a customer money, or takes back what was prepaid and is left: 1. the customer is locked, as it is by whoever bills it; 2. the
/// gift is judged; 3. it is written.
/// </summary>
public sealed class GiveCredit(CustomerChanges changes, Clock clock)
{
    /// <summary>
    /// Promotional credits of one customer that have something left and have not ended: each may be a line of its next invoice.
    /// </summary>
    public const int MostOpen = 100;

    /// <summary>Minor units of one gift, and of a customer's prepaid money: as much as a period can cost.</summary>
    public const long LargestAmount = SubscriptionTerms.LargestAmount;

    /// <summary>Creates the customer when it is missing.</summary>
    /// <param name="request">A repeat of it answers what the first one gave. Null: each is one of its own.</param>
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

    /// <summary>Where nothing is sold yet, the currency in which it will be when nobody says otherwise.</summary>
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

    /// <summary>As <see cref="CreditSql.Facts"/> names it.</summary>
    private static string IdOf(char kind, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{sequence:D12}");
}
