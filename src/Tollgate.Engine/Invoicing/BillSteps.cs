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

/// <summary>A step to bill and write, and the customer before it.</summary>
/// <param name="Row">Null at the start of a subscription.</param>
internal sealed record StepOrder(CustomerRow Customer, SubscriptionRow? Row, SubscriptionStep Step)
{
    private readonly string? _reference;

    public Subscription? Before => Row?.Subscription;

    /// <summary>The cause, in a word or a sentence; null: the step is due.</summary>
    public string? Cause { get; init; }

    /// <summary>The words of the customer who cancels; null: those given before.</summary>
    public string? Comment { get; init; }

    /// <summary>The caller's own id of the subscription.</summary>
    public string? Reference
    {
        get => Row?.Reference ?? _reference;
        init => _reference = value;
    }

    /// <summary>The row's version after the step.</summary>
    public int Version => (Row?.Version ?? 0) + 1;

    /// <summary>The comment of a scheduled cancellation; an undone one has none.</summary>
    public string? CancelComment => Step.Verb == SubscriptionVerb.Uncancel ? null : Comment ?? Row?.CancelComment;

    public Currency Currency => Step.After.Terms.Currency;

    /// <summary>The step bills usage after this instant and before the step.</summary>
    public Instant UsageFrom => Before?.UsageFrom ?? Step.At;

    /// <summary>
    /// True if the step bills usage: with any charge, at the end of a month or of the subscription. A step that only schedules or stops
    /// bills nothing. The first invoice of a subscription bills the known usage of earlier ones.
    /// </summary>
    public bool BillsUsage => Step.Charges.Count > 0 || EndsProviderManagedPeriod
        || Step.Verb is SubscriptionVerb.BillUsage
        || (Step.Verb is SubscriptionVerb.Cancel && Before is { Status: not SubscriptionStatus.Trialing });

    /// <summary>True at the end of a provider-managed period, which has no charges here.</summary>
    private bool EndsProviderManagedPeriod =>
        Step.After.ManagedBy is not null && Before is { Status: SubscriptionStatus.Active or SubscriptionStatus.PastDue }
        && Before.Current.Start != Step.After.Current.Start;

    /// <summary>
    /// True if the subscription's quota periods end with the step, including those that would still run: the step bills their usage now.
    /// </summary>
    public bool EndsPeriods =>
        Step.After.IsEnded
            || (Before is not null && (Before.Anchor, Before.Terms.Interval) != (Step.After.Anchor, Step.After.Terms.Interval));
}

/// <summary>The result of a step.</summary>
/// <param name="ParkReason">
/// The reason why it is implausible, so that nothing of it may be written before an operator's review; null: it is plausible.
/// </param>
internal sealed record BilledOrder(StepOrder Order, BilledStep Billed, IReadOnlyList<RatedPeriod> Rated, string? ParkReason)
{
    /// <summary>The facts of the computation; null: it failed.</summary>
    public BillingFacts? Facts { get; init; }

    public CustomerRow Customer => Order.Customer;

    public SubscriptionStep Step => Order.Step;

    /// <summary>The subscription after the step, with its billed amounts.</summary>
    public Subscription After => Billed.After;
}

/// <summary>
/// Computes the prices of steps: loads the facts for the rules and calls them. It takes two statements for all steps of a batch, a third if
/// usage is billed, one more each for a first tier's fee or a minimum, and some if unused time or billed usage is credited. It writes
/// nothing; a preview ends here. The caller locks the customers.
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

    /// <summary>
    /// Bills one step. A customer whose numbers cannot be computed must not keep the others of a batch from their invoices.
    /// </summary>
    private BilledOrder Billed(StepOrder order, BillingFacts facts, IReadOnlyList<RatedPeriod> rated)
    {
        try
        {
            // The provider that manages a subscription also taxes it, and applies its own coupons.
            facts = order.Step.After.ManagedBy is null ? facts : facts with
            {
                Redemptions = [], Taxes = null, Credits = MoneyAmount.Zero(facts.Credits.Currency), Billed = BilledLines.None,
            };
            var billed = InvoiceRules.Bill(order.Before, order.Step, facts);
            billed = order.BillsUsage ? billed with { After = billed.After with { UsageFrom = order.Step.At } } : billed;

            // The end of a provider-managed period is a fact whatever it costs; its lines are checked before they are sent.
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

    /// <summary>Loads coupons and promotional credits by account, each in the order of redemption.</summary>
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
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            var coupon = row.IsNull("code") ? null : CouponText.Read(row.Text("code"), row.Text("document"));
            var redemption = new Redemption(
                row.Long("sequence"),
                coupon,
                row.TimeOrNull("ends_at"),
                row.Whole("used"),
                row.IsNull("remaining") ? null : new MoneyAmount(row.Long("remaining"), Currency.Of(row.Text("currency"))))
            {
                TakenInPeriod = row.IsNull("taken_in_period")
                    ? null
                    : new MoneyAmount(row.Long("taken_in_period"), coupon!.AmountOff!.Value.Currency),
            };
            if (!found.TryAdd(row.Whole("account"), [redemption]))
            {
                found[row.Whole("account")].Add(redemption);
            }
        }

        return found;
    }

    /// <summary>Loads usage of the current period that was billed by months, only for subscriptions with a minimum.</summary>
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

    /// <summary>Loads the affected periods with a minimum for accounts whose usage of an earlier billing period is corrected.</summary>
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

    /// <summary>Returns usage that a step bills but that does not belong to the current billing period.</summary>
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

    /// <summary>Reads sums by account.</summary>
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

/// <summary>The format of a price in <c>rated_usage</c>: that of an override.</summary>
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

/// <summary>Makes the customers' part of invoices.</summary>
public static class Parties
{
    /// <summary>Members of the customer's metadata that an invoice uses: the address in lines, and the region for taxes.</summary>
    private const string Address = "address", Region = "region";

    /// <param name="at">The time on the project's clock.</param>
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
