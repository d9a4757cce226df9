using System.Text;
using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Invoicing;

/// <summary>A step that is to be billed and written, and the customer as it was before it.</summary>
/// <param name="Row">Null at the start of a subscription.</param>
internal sealed record StepOrder(CustomerRow Customer, SubscriptionRow? Row, SubscriptionStep Step)
{
    private readonly string? _reference;

    public Subscription? Before => Row?.Subscription;

    /// <summary>Why it happens, in a word or a sentence; null: it is due.</summary>
    public string? Cause { get; init; }

    /// <summary>In the words of the customer who cancels; null: those given before.</summary>
    public string? Comment { get; init; }

    /// <summary>The caller's own id of the subscription.</summary>
    public string? Reference
    {
        get => Row?.Reference ?? _reference;
        init => _reference = value;
    }

    /// <summary>Of the row after the step.</summary>
    public int Version => (Row?.Version ?? 0) + 1;

    /// <summary>The comment is about the cancellation that is to come; taken back, it is about nothing.</summary>
    public string? CancelComment => Step.Verb == SubscriptionVerb.Uncancel ? null : Comment ?? Row?.CancelComment;

    public Currency Currency => Step.After.Terms.Currency;

    /// <summary>Usage after this and before the step is billed with it.</summary>
    public Instant UsageFrom => Before?.UsageFrom ?? Step.At;

    /// <summary>
    /// Usage is billed with what asks for something anyway, at the end of a month or of the subscription. What is only planned, or
    /// stops, asks for nothing. The first invoice of a subscription bills what is known by now of earlier ones.
    /// </summary>
    public bool BillsUsage => Step.Charges.Count > 0 || EndsProviderManagedPeriod
        || Step.Verb is SubscriptionVerb.BillUsage
        || (Step.Verb is SubscriptionVerb.Cancel && Before is { Status: not SubscriptionStatus.Trialing });

    /// <summary>What a provider manages has no charges here, and its periods end all the same.</summary>
    private bool EndsProviderManagedPeriod =>
        Step.After.ManagedBy is not null && Before is { Status: SubscriptionStatus.Active or SubscriptionStatus.PastDue }
        && Before.Current.Start != Step.After.Current.Start;

    /// <summary>
    /// Quota periods of the subscription end with it, also those that would still run: what was used in them is billed now.
    /// </summary>
    public bool EndsPeriods =>
        Step.After.IsEnded
            || (Before is not null && (Before.Anchor, Before.Terms.Interval) != (Step.After.Anchor, Step.After.Terms.Interval));
}

/// <summary>What a step comes to.</summary>
/// <param name="ParkReason">Not null: it looks impossible, and nothing of it may be written before somebody has looked.</param>
internal sealed record BilledOrder(StepOrder Order, BilledStep Billed, IReadOnlyList<RatedPeriod> Rated, string? ParkReason)
{
    /// <summary>What it was billed with; null: it could not be.</summary>
    public BillingFacts? Facts { get; init; }

    public CustomerRow Customer => Order.Customer;

    public SubscriptionStep Step => Order.Step;

    /// <summary>With what is billed of it.</summary>
    public Subscription After => Billed.After;
}

/// <summary>
/// Finds out what steps cost: loads what the rules have to know and asks them. Two statements for all steps of a batch, a third where
/// usage is billed, one more each where a first tier's fee or a minimum is agreed, and some where unused time or billed usage goes back.
/// Writes nothing; a preview ends here. The caller holds the customers.
/// </summary>
internal sealed class BillSteps(NpgsqlConnection connection, ProjectSnapshot project, InvoiceSettings settings)
{
    public async Task<IReadOnlyList<BilledOrder>> RunAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var usage = await new UsageToBill(connection, project).LoadAsync(orders, cancel);
        var redemptions = await RedemptionsAsync(orders, cancel);
        var credits = await CreditsAsync(orders, cancel);
        var committed = await UsageBilledAsync(orders, cancel);
        var minimums = await MinimumsAsync(orders, usage, cancel);
        var lines = await BilledLines.LoadAsync(connection, project, orders, usage, minimums, cancel);
        var billed = new List<BilledOrder>(orders.Count);
        foreach (var order in orders)
        {
            var currency = order.Currency;
            var rated = usage.GetValueOrDefault(order.Customer.Account) ?? [];
            var facts = new BillingFacts(
                [.. rated.Where(static one => one.Ignored is null).Select(static one => one.Due)],
                redemptions.GetValueOrDefault(order.Customer.Account) ?? [],
                Taxes(order),
                new(credits.GetValueOrDefault(order.Customer.Account), currency),
                new(committed.GetValueOrDefault(order.Customer.Account), currency),
                minimums.GetValueOrDefault(order.Customer.Account) ?? [],
                await ApplyProrationCredit.PartsAsync(connection, project, order, cancel),
                lines.GetValueOrDefault(order.Customer.Account) ?? BilledLines.None);
            billed.Add(Billed(order, facts, rated));
        }

        return billed;
    }

    private TaxTable? Taxes(StepOrder order) => settings.TaxRates.Count == 0
        ? null
        : new(settings.TaxRates, settings.Seller, Parties.Of(order.Customer.Customer, order.Step.At), project.Catalog.Document.Features
            .Where(static feature => feature.TaxCategory is not null)
            .ToDictionary(static feature => feature.Code, static feature => feature.TaxCategory!))
        {
            ReversesWhilePending = settings.ReversesWhilePending,
        };

    /// <summary>One customer whose numbers cannot be computed must not keep the others of a batch from their invoices.</summary>
    private BilledOrder Billed(StepOrder order, BillingFacts facts, IReadOnlyList<RatedPeriod> rated)
    {
        try
        {
            // Who manages a subscription also taxes it, and takes off its own coupons.
            facts = order.Step.After.ManagedBy is null ? facts : facts with
            {
                Redemptions = [], Taxes = null, Credits = MoneyAmount.Zero(facts.Credits.Currency), Billed = BilledLines.None,
            };
            var billed = InvoiceRules.Bill(order.Before, order.Step, facts);
            billed = order.BillsUsage ? billed with { After = billed.After with { UsageFrom = order.Step.At } } : billed;

            // The end of a managed one is a fact whatever it costs; its lines are looked at before they are told.
            return new(
                order, billed, rated,
                billed is { Bill: { } bill, After.ManagedBy: null } ? InvoiceRules.ImplausibleReason(bill, settings) : null)
                {
                    Facts = facts,
                };
        }
        catch (Exception broken) when (broken is InvariantBrokenException or OverflowException)
        {
            return new(
                order, new(order.Step, order.Step.After, null), [],
                order.Step.After.ManagedBy is null ? $"The invoice cannot be computed: {broken.Message}" : null);
        }
    }

    /// <summary>Accounts with coupons or promotional credits, each in the order of redemption.</summary>
    private async Task<Dictionary<int, List<Redemption>>> RedemptionsAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        await using var command = connection.Command(
            RedemptionSql.Open,
            orders.Select(static order => order.Customer.Partition).ToArray(),
            orders.Select(static order => order.Customer.Account).ToArray(),
            orders.Select(static order => order.Step.After.Id).ToArray(),
            orders.Select(static order => order.Step.At.ToUtc()).ToArray(),
            orders.Select(static order => order.Step.After.Current.Start.ToUtc()).ToArray());
        var found = new Dictionary<int, List<Redemption>>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var coupon = reader.IsDBNull(2) ? null : CouponText.Read(reader.GetString(2), reader.GetString(3));
            var redemption = new Redemption(
                reader.GetInt64(1),
                coupon,
                reader.IsDBNull(4) ? null : Instant.FromUtc(reader.GetDateTime(4)),
                reader.GetInt32(5),
                reader.IsDBNull(7) ? null : new MoneyAmount(reader.GetInt64(7), Currency.Of(reader.GetString(6))))
            {
                TakenInPeriod = reader.IsDBNull(8) ? null : new MoneyAmount(reader.GetInt64(8), coupon!.AmountOff!.Value.Currency),
            };
            if (!found.TryAdd(reader.GetInt32(0), [redemption]))
            {
                found[reader.GetInt32(0)].Add(redemption);
            }
        }

        return found;
    }

    /// <summary>Only of subscriptions with a minimum: usage of the running period that was billed by months.</summary>
    private async Task<Dictionary<int, long>> UsageBilledAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel)
    {
        var committed = orders.Where(static order => order.Before is { HasMinimum: true }).ToArray();
        return committed.Length == 0 ? [] : await SumsAsync(
            connection.Command(
                InvoiceSql.UsageBilled,
                Array.ConvertAll(committed, static order => order.Customer.Partition),
                Array.ConvertAll(committed, static order => order.Customer.Account),
                Array.ConvertAll(committed, static order => order.Before!.Id),
                Array.ConvertAll(committed, static order => order.Before!.Current.Start.ToUtc())),
            cancel);
    }

    /// <summary>Of accounts whose usage of an earlier billing period is corrected: the periods with a minimum that it counts for.</summary>
    private async Task<Dictionary<int, List<MinimumPeriod>>> MinimumsAsync(
        IReadOnlyList<StepOrder> orders, IReadOnlyDictionary<int, List<RatedPeriod>> usage, CancellationToken cancel)
    {
        var found = new Dictionary<int, List<MinimumPeriod>>();
        var corrected = orders.Where(order => CorrectedOf(order, usage).Any()).ToDictionary(static order => order.Customer.Account);
        if (corrected.Count == 0)
        {
            return found;
        }

        await using var command = connection.Command(
            InvoiceSql.MinimumPeriods,
            corrected.Values.Select(static order => order.Customer.Partition).ToArray(),
            corrected.Values.Select(static order => order.Customer.Account).ToArray(),
            corrected.Values.Select(static order => order.Currency.Code).ToArray(),
            corrected.Values.Select(order => CorrectedOf(order, usage).Min(static due => due.SoldUntil).ToUtc()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var order = corrected[reader.GetInt32(0)];
            var one = new MinimumPeriod(
                reader.GetGuid(1), new(Instant.FromUtc(reader.GetDateTime(2)), Instant.FromUtc(reader.GetDateTime(3))), Minor(4), Minor(5),
                Minor(6))
            {
                TaxCategory = reader.IsDBNull(7) ? null : reader.GetString(7),
            };
            if (CorrectedOf(order, usage).Any(one.Counts))
            {
                (found.TryGetValue(order.Customer.Account, out var known) ? known : found[order.Customer.Account] = []).Add(one);
            }

            MoneyAmount Minor(int column) => new(reader.GetInt64(column), order.Currency);
        }

        return found;
    }

    /// <summary>Usage that is billed with a step, and not of the running billing period.</summary>
    private static IEnumerable<UsageDue> CorrectedOf(StepOrder order, IReadOnlyDictionary<int, List<RatedPeriod>> usage) =>
        (usage.GetValueOrDefault(order.Customer.Account) ?? []).Where(static one => one.Ignored is null && !one.Due.IsSettled)
            .Select(static one => one.Due)
            .Where(due => order.Before is not { } before || due.SoldUntil <= before.Current.Start);

    private Task<Dictionary<int, long>> CreditsAsync(IReadOnlyList<StepOrder> orders, CancellationToken cancel) => SumsAsync(
        connection.Command(
            InvoiceSql.Credits,
            orders.Select(static order => order.Customer.Partition).ToArray(),
            orders.Select(static order => order.Customer.Account).ToArray(),
            orders.Select(static order => order.Step.After.Terms.Currency.Code).ToArray()),
        cancel);

    /// <summary>Accounts and their sums.</summary>
    private static async Task<Dictionary<int, long>> SumsAsync(NpgsqlCommand sums, CancellationToken cancel)
    {
        await using var command = sums;
        var found = new Dictionary<int, long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found[reader.GetInt32(0)] = reader.GetInt64(1);
        }

        return found;
    }
}

/// <summary>A price as <c>rated_usage</c> keeps it: as an override of it is written.</summary>
internal static class PriceText
{
    private const string Carrier = "f";

    public static string Write(OveragePrice price) => Encoding.UTF8.GetString(
        CatalogWriter.ToJson(
            [new EntitlementOverride { Feature = Carrier, OveragePrices = Setting.To<IReadOnlyList<OveragePrice>>([price]) }]));

    public static OveragePrice Read(string json, Currency currency)
    {
        var (overrides, faults) = CatalogReader.ReadOverrides(Encoding.UTF8.GetBytes(json), currency.Code);
        Invariant.That(faults.Count == 0, "A stored price is not readable.");
        return overrides[Carrier].OveragePrices.Value.Single();
    }
}

/// <summary>Customers as they stand on invoices.</summary>
public static class Parties
{
    /// <summary>Members of the customer's metadata that an invoice shows: the address in lines, and the region for taxes.</summary>
    private const string Address = "address", Region = "region";

    /// <param name="at">On the project's clock.</param>
    public static InvoiceParty Of(Core.Customers.Customer customer, Instant at) => new()
    {
        Name = customer.Profile.Name ?? customer.Id,
        Address = customer.Profile.Metadata.TryGetValue(Address, out var address)
            ? address.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [],
        Email = customer.Profile.Email,
        Country = customer.Profile.Country,
        Region = customer.Profile.Metadata.GetValueOrDefault(Region),
        TaxId = customer.Profile.TaxId,
        TaxIdCheck = Core.Customers.VatEvidence.Of(customer.Vat, at),
        TaxExempt = customer.Profile.TaxExempt,
    };
}
