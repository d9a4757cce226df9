using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Imports;

/// <summary>The rules of <see cref="ImportRules"/> for subscriptions and invoices.</summary>
internal static class ImportBillingRules
{
    private const int LongestText = 200;
    private const long MostQuantity = 1_000_000_000;
    private const int MostLines = 100;

    private static readonly InvoiceLineKind[] LineKinds =
        [InvoiceLineKind.Subscription, InvoiceLineKind.Usage, InvoiceLineKind.AddOn, InvoiceLineKind.Seat];

    public static SubscriptionRecord? SubscriptionOf(RecordFields fields, ImportTerms terms, ref ImportFault? fault)
    {
        var (id, customer) = (fields.Id(RecordField.Id), fields.Id(RecordField.Customer));
        var plan = PlanOf(fields, terms.Catalog, ref fault);
        var interval = Word<PriceInterval>(fields, RecordField.Period);
        var currency = fields.Currency(RecordField.Currency, terms.Currency);
        var amount = fields.Whole(RecordField.Amount, 0, SubscriptionTerms.LargestAmount);
        var quantity = fields.Whole(RecordField.Quantity, 1, MostQuantity) ?? 1;
        var (started, ended) =
            (fields.Past(RecordField.StartedAt, terms.Now, isRequired: true), fields.Past(RecordField.EndedAt, terms.Now));
        var trial = fields.Time(RecordField.TrialEnd);
        if (started >= (ended ?? terms.Now))
        {
            fields.Add(RecordField.EndedAt, "It is not after started_at.");
        }

        if (trial <= started)
        {
            fields.Add(RecordField.TrialEnd, "It is not after started_at.");
        }

        if (plan is not null && interval is { } period && currency is not null)
        {
            CheckPrice(fields, new(plan, period, currency, quantity) { CustomAmount = amount });
        }

        var reason = fields.Text(RecordField.CancelReason, LongestText);
        return id is null || customer is null || plan is null || interval is not { } every || currency is null || started is not { } start
            ? null
            : new(id, customer, plan.Code, plan.Number, every, currency, amount, quantity, start, ended, trial, reason);
    }

    private static PlanVersion? PlanOf(RecordFields fields, PublishedCatalog catalog, ref ImportFault? fault)
    {
        if (fields.Text(RecordField.Plan, LongestText, isRequired: true) is not { } code)
        {
            return null;
        }

        if (!catalog.Plans.TryGetValue(code, out var plan))
        {
            fault = new(ImportCodes.UnknownPlan, Spelling.UnknownOfFew("plan", code, catalog.Plans.Keys));
        }

        return plan;
    }

    private static void CheckPrice(RecordFields fields, SubscriptionTerms terms)
    {
        if (terms is { CustomAmount: null, Price: null })
        {
            fields.Add(
                RecordField.Amount,
                $"A value is required: the plan '{terms.Plan.Code}' has no {CatalogWords.Of(terms.Interval)} price in {terms.Currency}.");
        }
        else if (!terms.IsPayable)
        {
            fields.Add(RecordField.Amount, $"The price of a period exceeds {SubscriptionTerms.LargestAmount} minor units.");
        }
    }

    public static InvoiceRecord? InvoiceOf(RecordFields fields, ImportTerms terms)
    {
        var (id, customer) = (fields.Id(RecordField.Id), fields.Id(RecordField.Customer));
        var number = fields.Text(RecordField.Number, LongestText) ?? id;
        var status = StatusOf(fields);
        var subscription = fields.Id(RecordField.Subscription, isRequired: false);
        var issued = fields.Past(RecordField.IssuedAt, terms.Now, isRequired: true);
        var paid = fields.Past(RecordField.PaidAt, terms.Now);
        if (paid is not null && status == InvoiceStatus.Void)
        {
            fields.Add(RecordField.PaidAt, "A void invoice was not paid.");
        }

        if (issued is not { } at || fields.Currency(RecordField.Currency, terms.Currency) is not { } currency)
        {
            return null;
        }

        var period = PeriodOf(fields, at);
        var lines = LinesOf(fields, period, currency);
        var (discount, tax) = (AmountOf(fields, RecordField.Discount, currency), AmountOf(fields, RecordField.Tax, currency));
        var total = fields.Whole(RecordField.Total, 0, SubscriptionTerms.LargestAmount);
        if (total is null)
        {
            fields.Add(RecordField.Total, "A value is required, in minor units.");
            return null;
        }

        lines ??=
        [
            new(
                InvoiceLineKind.Subscription, fields.Text(RecordField.Description, LongestText) ?? number ?? "", Quantity.One,
                new(total.Value - tax.Minor + discount.Minor, currency), period),
        ];
        CheckSum(fields, lines, discount, tax, total.Value);
        return id is null || customer is null || number is null || status is not { } state || fields.HasFaults
            ? null
            : new(
                id, customer, number, state, subscription, at, fields.Time(RecordField.DueAt) ?? at, paid, period, lines, discount, tax,
                new(total.Value, currency));
    }

    private static InvoiceStatus? StatusOf(RecordFields fields)
    {
        switch (fields[RecordField.Status])
        {
            case null:
                fields.Add(RecordField.Status, "A value is required: paid or void.");
                return null;
            case "paid":
                return InvoiceStatus.Paid;
            case "void":
                return InvoiceStatus.Void;
            default:
                fields.Add(
                    RecordField.Status,
                    $"'{Spelling.Shown(fields[RecordField.Status]!)}' is not possible: paid or void is expected. History is closed: import an open "
                        + "invoice when it is paid, and one that was written off as void.");
                return null;
        }
    }

    /// <summary>The service period; without one, the day of the invoice.</summary>
    private static Period PeriodOf(RecordFields fields, Instant issued)
    {
        var (start, end) = (fields.Time(RecordField.PeriodStart), fields.Time(RecordField.PeriodEnd));
        if ((start is null) != (end is null) || start >= end)
        {
            fields.Add(RecordField.PeriodEnd, "Both period_start and period_end are expected, the end after the start.");
            return new(issued, issued.Plus(TimeSpan.FromDays(1)));
        }

        return start is { } from ? new(from, end!.Value) : new(issued, issued.Plus(TimeSpan.FromDays(1)));
    }

    private static MoneyAmount AmountOf(RecordFields fields, RecordField field, Currency currency) =>
        new(fields.Whole(field, 0, SubscriptionTerms.LargestAmount) ?? 0, currency);

    private static void CheckSum(RecordFields fields, List<ImportedLine> lines, MoneyAmount discount, MoneyAmount tax, long total)
    {
        var sum = lines.Sum(static line => line.Amount.Minor) - discount.Minor + tax.Minor;
        if (sum != total)
        {
            fields.Add(RecordField.Total, $"{total} is not the sum of the lines, less the discount, plus the tax: {sum}.");
        }
    }

    private static List<ImportedLine>? LinesOf(RecordFields fields, Period period, Currency currency)
    {
        if (fields[RecordField.Lines] is not { } json
            || ImportRules.ObjectOf(fields, RecordField.Lines, json, JsonValueKind.Array) is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        if (document.RootElement.GetArrayLength() is 0 or > MostLines)
        {
            fields.Add(RecordField.Lines, $"1 to {MostLines} lines are accepted.");
            return null;
        }

        return [.. document.RootElement.EnumerateArray().Select((line, at) => LineOf(fields, line, at, period, currency))
            .OfType<ImportedLine>()];
    }

    private static ImportedLine? LineOf(RecordFields fields, JsonElement line, int at, Period period, Currency currency)
    {
        var (kind, description, quantity, amount) = (InvoiceLineKind.Subscription, (string?)null, Quantity.One, (long?)null);
        if (line.ValueKind != JsonValueKind.Object)
        {
            fields.Add($"lines.{at}", "An object is expected.");
            return null;
        }

        foreach (var member in line.EnumerateObject())
        {
            var isGood = member.Name switch
            {
                "kind" => CatalogWords.TryParse(TextOf(member.Value) ?? "", out kind) && LineKinds.Contains(kind),
                "description" =>
                    (description = TextOf(member.Value)) is { Length: > 0 and <= LongestText } text && CustomerRules.IsLine(text),
                "quantity" => member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDecimal(out var number)
                    && Quantity.TryCreate(number, out quantity) && !quantity.IsNegative,
                "amount" => (amount = WholeOf(member.Value)) is not null,
                _ => false,
            };
            if (!isGood)
            {
                fields.Add(
                    $"lines.{at}.{Spelling.Shown(member.Name)}",
                    "A line has description, amount in minor units, and optionally quantity and kind (subscription, usage, add_on, seat).");
            }
        }

        if (amount is null || description is null)
        {
            fields.Add($"lines.{at}", "description and amount are required.");
            return null;
        }

        return new(kind, description, quantity, new(amount.Value, currency), period);
    }

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? WholeOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole)
        && Math.Abs((decimal)whole) <= SubscriptionTerms.LargestAmount
            ? whole
            : null;

    private static TWord? Word<TWord>(RecordFields fields, RecordField field)
        where TWord : struct, Enum
    {
        if (fields[field] is { } word && CatalogWords.TryParse<TWord>(word, out var value))
        {
            return value;
        }

        var all = CatalogWords.All<TWord>();
        fields.Add(
            field, fields[field] is { } unknown
                ? Spelling.UnknownOfFew("value", unknown, all)
                : $"A value is required.{Spelling.Known("values", [.. all])}");
        return null;
    }
}
