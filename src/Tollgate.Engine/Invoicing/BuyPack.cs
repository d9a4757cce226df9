using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>The order of a pack.</summary>
/// <param name="Pack">The pack's code.</param>
/// <param name="Count">1 to <see cref="PackRules.MostAtOnce"/>.</param>
/// <param name="Currency">Null: the customer's currency, or the project's.</param>
/// <param name="Id">The caller's id, which makes a repeat safe; null: Tollgate generates one.</param>
/// <param name="Preview">True for a preview: everything is rolled back.</param>
public sealed record PackOrder(string Pack, long Count, Currency? Currency, string? Id, bool Preview);

public enum PackOutcome
{
    Bought,

    /// <summary>The price was computed. Nothing was changed.</summary>
    Shown,

    /// <summary>A repeat of an earlier order; the answer is the purchase as it is now.</summary>
    Replayed,

    /// <summary>The id belongs to another purchase.</summary>
    IdReused,

    /// <summary>The pack is not sold, or not with these terms.</summary>
    Refused,

    /// <summary>The customer is a member of another one, which buys for it.</summary>
    IsMember,

    /// <summary>The customer is invoiced in another currency.</summary>
    CurrencyFixed,

    /// <summary>The invoice is implausible; an operator must review it first.</summary>
    Implausible,
}

/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record PackAnswer(PackOutcome Outcome, PackItem? Item = null, string? Detail = null);

/// <summary>
/// Sells credit packs, in one transaction: 1. lock the customer; 2. answer a repeat of the id; 3. check the pack; 4. bill it; 5. write
/// invoice and purchase; 6. if it is paid at once, grant it. A preview does the same and rolls everything back at the end.
/// </summary>
public sealed class BuyPack(CustomerChanges changes, Clock clock)
{
    /// <summary>Creates the customer if it is missing. Idempotent by <see cref="PackOrder.Id"/>.</summary>
    public async Task<PackAnswer> RunAsync(
        ProjectSnapshot project, string customer, PackOrder order, string actor, CancellationToken cancel)
    {
        // 1. and 2.
        await using var change = await changes.BeginAsync(project, customer, cancel);
        var now = clock.Now(project);
        var key = order.Id is { } id ? EventKey.Parse(id, now) : EventKey.Generate(now);
        if (await PackQueries.FindAsync(change, project, key.Id, cancel) is { } known)
        {
            return new(IsSame(order, known.Purchase.Sale) ? PackOutcome.Replayed : PackOutcome.IdReused, known);
        }

        var bought = await BuyInTransactionAsync(change, project, order, key, now, actor, cancel);
        return bought.Item is null ? bought : await EndAsync(change, bought.Item, order);
    }

    /// <summary>Takes steps 3. to 6., in the caller's transaction. The caller locks the customer and commits.</summary>
    internal static async Task<PackAnswer> BuyInTransactionAsync(
        CustomerChange change, ProjectSnapshot project, PackOrder order, EventKey key, Instant now, string actor, CancellationToken cancel)
    {
        // 3.
        var customer = change.Row.Customer.Id;
        if (change.Row.Owner is { } owner)
        {
            return new(PackOutcome.IsMember, Detail: $"{customer} is a member of {owner}; buy it for {owner}.");
        }

        var kept = change.Row.Customer.Profile.Currency;
        if (order.Currency is { } wanted && kept is not null && kept != wanted.Code)
        {
            return new(PackOutcome.CurrencyFixed, Detail: $"The customer is invoiced in {kept}.");
        }

        var (plan, currency) = (change.Row.Customer.Plan, order.Currency ?? Currency.Of(kept ?? project.Currency));
        var pack = project.Catalog.Document.Packs.FirstOrDefault(one => one.Code == order.Pack);
        var (verdict, sale) = PackRules.Judge(pack, plan, currency, order.Count);
        if (sale is null)
        {
            return new(PackOutcome.Refused, Detail: Explain(verdict, order, plan, currency, project.Catalog.Document));
        }

        // 4.
        var settings = await SettingsText.LoadAsync(change.Connection, project, cancel);
        var tax = TaxRules.For(
            settings.TaxRates, settings.Seller, Parties.Of(change.Row.Customer, now), pack!.TaxCategory, settings.ReversesWhilePending);
        var bill = PackRules.Bill(sale, tax, await CreditsAsync(change, currency, cancel), now);
        if (InvoiceRules.ImplausibleReason(bill, settings) is { } doubt)
        {
            return new(PackOutcome.Implausible, Detail: doubt);
        }

        // 5. and 6.
        var invoice = await new InvoiceWriter(change.Connection, project, settings, actor).RunAsync(change.Row, bill, now, cancel);
        var purchase = new PackPurchase(
            key.Id, key.Text, sale, project.Catalog.Features[sale.Feature].Key, invoice.Id, GrantPack.IdFor(key.Id),
            PackRules.IsPaidFor(invoice), now);
        await InsertAsync(change, project, purchase, cancel);
        await change.ExecuteAsync(CustomerSql.KeepCurrency, cancel, change.Row.Partition, change.Row.Account, currency.Code);
        if (purchase.IsGranted)
        {
            await GrantPack.RunAsync(change, project, invoice, now, cancel);
        }

        return new(PackOutcome.Bought, new(purchase, invoice));
    }

    private static async Task<PackAnswer> EndAsync(CustomerChange change, PackItem item, PackOrder order)
    {
        if (order.Preview)
        {
            var shown = item.Invoice with { Number = null, Status = InvoiceStatus.Draft };
            return new(PackOutcome.Shown, new(item.Purchase with { IsGranted = false }, shown));
        }

        await change.CommitAsync();

        return new(PackOutcome.Bought, item);
    }

    /// <summary>Returns the customer's prepaid credit.</summary>
    internal static async Task<MoneyAmount> CreditsAsync(CustomerChange change, Currency currency, CancellationToken cancel)
    {
        await using var command = change.Command(
            InvoiceSql.Credits, new[] { change.Row.Partition }, new[] { change.Row.Account }, new[] { currency.Code });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return new(await reader.ReadAsync(cancel) ? reader.GetInt64(1) : 0, currency);
    }

    private static Task<int> InsertAsync(CustomerChange change, ProjectSnapshot project, PackPurchase purchase, CancellationToken cancel)
    {
        var (row, sale) = (change.Row, purchase.Sale);
        return change.ExecuteAsync(
            PackSql.Insert, cancel, row.Partition, row.Account, purchase.Id, project.Id,
            SqlCommands.OrNull(purchase.Reference, NpgsqlDbType.Text), sale.Pack, sale.Name,
            purchase.FeatureKey, sale.Count, sale.Units.Value, sale.Each.Currency.Code, sale.Each.Minor, (short)sale.Priority,
            SqlCommands.OrNull(sale.ExpiresAfterDays, NpgsqlDbType.Integer), purchase.Invoice, purchase.Grant, purchase.BoughtAt.ToUtc());
    }

    /// <summary>True if a repeat orders the same. A currency that the order left open does not count.</summary>
    private static bool IsSame(PackOrder order, PackSale sold) =>
        (order.Pack, order.Count) == (sold.Pack, sold.Count) && (order.Currency is not { } currency || currency == sold.Each.Currency);

    private static string Explain(PackVerdict verdict, PackOrder order, string plan, Currency currency, CatalogDocument catalog) =>
        verdict switch
    {
        PackVerdict.Unknown =>
            Spelling.Unknown("pack", order.Pack, catalog.Packs.Where(static pack => pack.Active).Select(static pack => pack.Code)),
        PackVerdict.Inactive => $"Pack '{order.Pack}' is no longer offered.",
        PackVerdict.NotForPlan => $"Pack '{order.Pack}' is not for plan '{plan}'.",
        PackVerdict.NotInCurrency => $"Pack '{order.Pack}' is not sold in {currency}.",
        _ => $"{order.Count} of pack '{order.Pack}' are more units than can be granted at once.",
    };
}
