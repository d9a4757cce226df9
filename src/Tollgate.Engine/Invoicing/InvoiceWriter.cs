using System.Text.Json;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>A bill with its invoice, and the customer.</summary>
internal sealed record BilledInvoice(CustomerRow Customer, Bill Bill, Invoice Invoice);

/// <summary>
/// Writes the results of steps: lines and facts of invoices, rated usage, credits given and taken, the rest of coupons and promotional
/// credits; then the invoices, with their numbers. It writes all steps of a batch in one statement for each table. The caller locks the
/// customers and commits.
/// </summary>
/// <remarks>
/// Taking numbers blocks other transactions of the project that need some until the commit. So it comes last, after all writes that need
/// none.
/// </remarks>
internal sealed class InvoiceWriter(NpgsqlConnection connection, ProjectSnapshot project, InvoiceSettings settings, string actor)
{
    /// <summary>Writes everything but the invoices themselves, which <see cref="NumberAsync"/> writes in the same transaction.</summary>
    /// <param name="issuedAt">
    /// Returns the time at which an invoice is issued: in a live project the time of writing, which may be later than the step.
    /// </param>
    /// <returns>The invoices without numbers; a step without charges has none.</returns>
    public async Task<IReadOnlyList<BilledInvoice>> WriteAsync(
        IReadOnlyList<BilledOrder> orders, Func<BilledOrder, Instant> issuedAt, CancellationToken cancel)
    {
        var billed = orders.Where(static order => order.Billed is { Bill: not null, After.ManagedBy: null }).ToArray();
        var drafts = Array.ConvertAll(
            billed, order =>
                new BilledInvoice(order.Order.Customer, order.Billed.Bill!, Draft(order, settings, project.Zone, issuedAt(order))));
        await WriteRatedAsync(orders, cancel);
        await WriteAsync(
            drafts, cancel, RedemptionRows(billed), RatedAgainRows(orders), MinimumRows(orders),
            ProviderLines.Rows(project, orders, issuedAt));
        return drafts;
    }

    /// <summary>Writes the invoice of a single purchase: a bill without a step and a subscription.</summary>
    public async Task<Invoice> RunAsync(CustomerRow customer, Bill bill, Instant issuedAt, CancellationToken cancel)
    {
        BilledInvoice[] drafts = [new(customer, bill, Draft(customer, bill, null, settings, project.Zone, issuedAt))];
        await WriteAsync(drafts, cancel);
        return (await NumberAsync(drafts, cancel))[0];
    }

    /// <summary>Gives drafts their numbers, in their order, and writes them. An invoice with nothing due is paid.</summary>
    public async Task<IReadOnlyList<Invoice>> NumberAsync(IReadOnlyList<BilledInvoice> drafts, CancellationToken cancel)
    {
        if (drafts.Count == 0)
        {
            return [];
        }

        await using var take = connection.Command(InvoiceSql.TakeNumbers, project.Id, "invoice", (long)drafts.Count);
        var first = (long)(await take.ExecuteScalarAsync(cancel))! - drafts.Count + 1;
        var numbered = drafts.Select((one, i) => one with { Invoice = Finalized(one.Invoice, first + i) }).ToArray();
        await WriteInvoicesAsync(numbered, first, cancel);
        return Array.ConvertAll(numbered, static one => one.Invoice);
    }

    /// <summary>Makes the invoice of a step for a preview, without a number.</summary>
    public static Invoice Draft(BilledOrder order, InvoiceSettings settings, TimeZoneInfo zone, Instant at) =>
        Draft(order.Order.Customer, order.Billed.Bill!, order.Billed.After.Id, settings, zone, at);

    private static Invoice Draft(
        CustomerRow customer, Bill bill, Guid? subscription, InvoiceSettings settings, TimeZoneInfo zone, Instant at)
    {
        var sums = bill.Sums;
        return new()
        {
            Id = Guid.CreateVersion7(at.ToOffset()),
            Status = InvoiceStatus.Draft,
            Kind = bill.Draft.Kind,
            Customer = customer.Customer.Id,
            Subscription = subscription,
            Currency = bill.Draft.Currency,
            Period = bill.Draft.Period,
            CreatedAt = at,
            IssuedAt = at,
            DueAt = BillingPeriods.AfterDays(at, settings.DueDays, zone),
            Seller = settings.Seller,
            Buyer = Parties.Of(customer.Customer, at),
            Lines = bill.Lines,
            Taxes = sums.Taxes,
            TaxNote = bill.TaxNote,
            Subtotal = sums.Subtotal,
            Discount = sums.Discount,
            Tax = sums.Tax,
            Total = sums.Total,
            FromCredits = sums.FromCredits,
            Paid = sums.FromCredits,
        };
    }

    private Invoice Finalized(Invoice draft, long serial) =>
        draft with { Number = settings.NumberOf(serial), Status = draft.Paid == draft.Total ? InvoiceStatus.Paid : InvoiceStatus.Open };

    private async Task WriteAsync(BilledInvoice[] drafts, CancellationToken cancel, params NpgsqlBatchCommand?[] others)
    {
        await WriteLinesAsync(drafts, cancel);
        await WriteFactsAsync(drafts, cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in others.Append(CreditRows(drafts)).OfType<NpgsqlBatchCommand>())
        {
            batch.BatchCommands.Add(command);
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancel);
        }
    }

    private Task WriteInvoicesAsync(BilledInvoice[] rows, long first, CancellationToken cancel) => new Columns()
        .Small(rows.Select(static r => r.Customer.Partition))
        .Whole(rows.Select(static r => r.Customer.Account))
        .Ids(rows.Select(static r => (Guid?)r.Invoice.Id))
        .Whole(rows.Select(_ => project.Id))
        .Long(rows.Select((_, i) => (long?)(first + i)))
        .Text(rows.Select(static r => r.Invoice.Number))
        .Text(rows.Select(static r => CatalogWords.Of(r.Invoice.Kind)))
        .Text(rows.Select(static r => CatalogWords.Of(r.Invoice.Status)))
        .Ids(rows.Select(static r => r.Invoice.Subscription))
        .Text(rows.Select(static r => r.Invoice.Currency.Code))
        .Times(rows.Select(static r => (Instant?)r.Invoice.Period.Start))
        .Times(rows.Select(static r => (Instant?)r.Invoice.Period.End))
        .Times(rows.Select(static r => r.Invoice.IssuedAt))
        .Times(rows.Select(static r => r.Invoice.DueAt))
        .Long(rows.Select(static r => (long?)r.Invoice.Subtotal.Minor))
        .Long(rows.Select(static r => (long?)r.Invoice.Discount.Minor))
        .Long(rows.Select(static r => (long?)r.Invoice.Tax.Minor))
        .Long(rows.Select(static r => (long?)r.Invoice.Total.Minor))
        .Long(rows.Select(static r => (long?)r.Invoice.FromCredits.Minor))
        .Long(rows.Select(static r => (long?)r.Invoice.FromCredits.Minor))
        .Json(rows.Select(r => DetailsOf(r.Invoice)))
        .CopyAsync(connection, InvoiceSql.WriteInvoices, cancel);

    private Task WriteLinesAsync(BilledInvoice[] invoices, CancellationToken cancel)
    {
        var rows = invoices.SelectMany(one =>
            one.Invoice.Lines.Select((line, i) => (one.Customer, one.Invoice.Id, Position: (short)(i + 1), Line: line))).ToArray();
        return new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Ids(rows.Select(static r => (Guid?)r.Id))
            .Small(rows.Select(static r => r.Position))
            .Text(rows.Select(static r => CatalogWords.Of(r.Line.Kind)))
            .Text(rows.Select(static r => r.Line.Description))
            .WholeOrNull(rows.Select(r => r.Line.Feature is { } code ? project.Catalog.FeatureKeys[code] : (int?)null))
            .Numbers(rows.Select(static r => (decimal?)r.Line.Quantity.Value))
            .Numbers(rows.Select(static r => r.Line.UnitPrice?.Major))
            .Long(rows.Select(static r => (long?)r.Line.Amount.Minor))
            .Long(rows.Select(static r => (long?)(r.Line.Tax?.Minor ?? 0)))
            .Times(rows.Select(static r => (Instant?)r.Line.Period.Start))
            .Times(rows.Select(static r => (Instant?)r.Line.Period.End))
            .Json(rows.Select(static r => JsonSerializer.Serialize(r.Line.Steps, InvoicingJson.Stored.IReadOnlyListString)))
            .Long(rows.Select(static r => r.Line.Redemption))
            .Long(rows.Select(static r => r.Line.Rated?.Minor))
            .CopyAsync(connection, InvoiceSql.WriteLines, cancel);
    }

    /// <summary>Writes the facts of finalisation, and of payment by credits at once.</summary>
    private Task WriteFactsAsync(BilledInvoice[] invoices, CancellationToken cancel)
    {
        var finalized = invoices.Select(static one =>
            (one.Customer, one.Invoice, Sequence: 1, Verb: "finalize", Amount: one.Invoice.Total, Note: (string?)null));
        var paid = invoices.Where(static one => !one.Invoice.FromCredits.IsZero)
            .Select(static one =>
                (one.Customer, one.Invoice, Sequence: 2, Verb: "pay", Amount: one.Invoice.FromCredits, Note: (string?)"credits"));
        var rows = finalized.Concat(paid).ToArray();
        return new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Ids(rows.Select(static r => (Guid?)r.Invoice.Id))
            .Whole(rows.Select(static r => r.Sequence))
            .Text(rows.Select(static r => r.Verb))
            .Times(rows.Select(static r => r.Invoice.IssuedAt))
            .Long(rows.Select(static r => (long?)r.Amount.Minor))
            .Text(rows.Select(_ => actor))
            .Text(rows.Select(static r => r.Note))
            .CopyAsync(connection, InvoiceSql.WriteFacts, cancel);
    }

    private static NpgsqlBatchCommand? CreditRows(BilledInvoice[] invoices)
    {
        var rows = invoices.SelectMany(static one => new[]
            {
                (one.Customer, one.Invoice, Amount: -one.Invoice.FromCredits.Minor, Cause: "invoice"),
                (one.Customer, one.Invoice, Amount: one.Bill.Sums.Left.Minor, Cause: "proration"),
            })
            .Where(static row => row.Amount != 0).ToArray();
        return rows.Length == 0 ? null : new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Text(rows.Select(static r => r.Invoice.Currency.Code))
            .Long(rows.Select(static r => (long?)r.Amount))
            .Times(rows.Select(static r => r.Invoice.IssuedAt))
            .Text(rows.Select(static r => r.Cause))
            .Ids(rows.Select(static r => (Guid?)r.Invoice.Id))
            .Text(rows.Select(static _ => (string?)null))
            .Command(InvoiceSql.WriteCredits);
    }

    private static NpgsqlBatchCommand? RedemptionRows(BilledOrder[] orders)
    {
        var rows = orders.SelectMany(static order =>
            order.Billed.Bill!.Redemptions.Select(redemption => (order.Order.Customer, Redemption: redemption))).ToArray();
        return rows.Length == 0 ? null : new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Long(rows.Select(static r => (long?)r.Redemption.Sequence))
            .Whole(rows.Select(static r => r.Redemption.Used))
            .Long(rows.Select(static r => r.Redemption.Left?.Minor))
            .Flags(rows.Select(static r => r.Redemption.IsSpent))
            .Command(RedemptionSql.WriteUses);
    }

    /// <summary>Writes the ratings of periods and their billed amounts, including periods without overage.</summary>
    private Task WriteRatedAsync(IReadOnlyList<BilledOrder> orders, CancellationToken cancel)
    {
        var (rows, parts) = (RatedRows(orders, isNew: true), new PartText());
        return new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Whole(rows.Select(static r => r.Rated.FeatureKey))
            .Times(rows.Select(static r => (Instant?)r.Rated.Due.Period.Start))
            .Times(rows.Select(static r => (Instant?)r.Rated.Due.Period.End))
            .Ids(rows.Select(static r => (Guid?)r.Subscription))
            .Text(rows.Select(static r => r.Rated.Due.Billed.Currency.Code))
            .Numbers(rows.Select(static r => (decimal?)PartText.LastSold(r.Rated)?.Quota?.Value))
            .Numbers(rows.Select(static r => (decimal?)r.Rated.BilledQuantity.Value))
            .Long(rows.Select(static r => (long?)r.Rated.BilledAmount.Minor))
            .Long(rows.Select(static r => (long?)r.Rated.BalanceVersion))
            .Numbers(rows.Select(static r => (decimal?)(r.Rated.Ignored?.Quantity.Value ?? 0)))
            .Long(rows.Select(static r => (long?)(r.Rated.Ignored?.Amount.Minor ?? 0)))
            .Json(rows.Select(r => parts.Write(r.Rated)))
            .CopyAsync(connection, InvoiceSql.WriteRated, cancel);
    }

    private static NpgsqlBatchCommand? RatedAgainRows(IReadOnlyList<BilledOrder> orders)
    {
        var (rows, parts) = (RatedRows(orders, isNew: false), new PartText());
        return rows.Length == 0 ? null : new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Whole(rows.Select(static r => r.Rated.FeatureKey))
            .Times(rows.Select(static r => (Instant?)r.Rated.Due.Period.Start))
            .Times(rows.Select(static r => (Instant?)r.Rated.Due.Period.End))
            .Ids(rows.Select(static r => (Guid?)r.Subscription))
            .Numbers(rows.Select(static r => (decimal?)PartText.LastSold(r.Rated)?.Quota?.Value))
            .Numbers(rows.Select(static r => (decimal?)r.Rated.BilledQuantity.Value))
            .Long(rows.Select(static r => (long?)r.Rated.BilledAmount.Minor))
            .Long(rows.Select(static r => (long?)r.Rated.BalanceVersion))
            .Numbers(rows.Select(static r => (decimal?)(r.Rated.Ignored?.Quantity.Value ?? 0)))
            .Long(rows.Select(static r => (long?)(r.Rated.Ignored?.Amount.Minor ?? 0)))
            .Json(rows.Select(r => parts.Write(r.Rated)))
            .Command(InvoiceSql.WriteRatedAgain);
    }

    private static NpgsqlBatchCommand? MinimumRows(IReadOnlyList<BilledOrder> orders)
    {
        var rows = orders.SelectMany(static order => order.Billed.Minimums.Select(one => (order.Order.Customer, Minimum: one))).ToArray();
        return rows.Length == 0 ? null : new Columns()
            .Small(rows.Select(static r => r.Customer.Partition))
            .Whole(rows.Select(static r => r.Customer.Account))
            .Ids(rows.Select(static r => (Guid?)r.Minimum.Subscription))
            .Times(rows.Select(static r => (Instant?)r.Minimum.Period.Start))
            .Times(rows.Select(static r => (Instant?)r.Minimum.Period.End))
            .Text(rows.Select(static r => r.Minimum.Required.Currency.Code))
            .Long(rows.Select(static r => (long?)r.Minimum.Required.Minor))
            .Long(rows.Select(static r => (long?)r.Minimum.Usage.Minor))
            .Long(rows.Select(static r => (long?)r.Minimum.Billed.Minor))
            .Text(rows.Select(static r => r.Minimum.TaxCategory))
            .Command(InvoiceSql.WriteMinimums);
    }

    private static (CustomerRow Customer, Guid Subscription, RatedPeriod Rated)[] RatedRows(IReadOnlyList<BilledOrder> orders,
        bool isNew) =>
        [.. orders.SelectMany(static order => order.Rated.Select(period => (order.Order.Customer, order.Billed.After.Id, period)))
            .Where(row => row.period.IsNew == isNew)];

    private string DetailsOf(Invoice invoice) => JsonSerializer.Serialize(
        new StoredDetails(
            invoice.Seller,
            invoice.Buyer,
            [.. invoice.Taxes.Select(static t =>
                new StoredTax(t.Name, t.Rate.Value, t.IsInclusive, t.Base.Minor, t.Amount.Minor, t.Lines))],
            invoice.TaxNote,
            settings.Footer,
            settings.Language),
        InvoicingJson.Stored.StoredDetails);
}
