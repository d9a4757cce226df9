using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Imports.Dumps;

/// <summary>
/// Turns rows of a product's tables into records of an import. It does not judge values: the server rejects an impossible one with its
/// reason. It passes over rows that are no facts: use of nothing, and subscriptions that never began.
/// </summary>
/// <param name="zone">The zone of times without an offset, such as those of <c>timestamp</c> columns.</param>
public sealed class SeedMapping(SeedTables tables, TimeZoneInfo zone)
{
    private const string Monthly = "monthly";
    private const string Yearly = "yearly";
    private const string NothingUsed = "nothing was used";

    /// <summary>A subscription runs also while its customer is warned or has reached a limit.</summary>
    private static readonly string[] Running = ["active", "trialing", "past_due", "warning", "limit_reached"];
    private static readonly string[] Ended = ["canceled", "cancelled", "expired", "unpaid", "ended", "suspended"];

    private readonly Dictionary<string, string> _plans = [];
    private readonly Dictionary<(string Plan, string Period), (string? Amount, string? Currency)> _prices = [];

    /// <summary>Notes a row that others refer to.</summary>
    public void Note(TableRow row)
    {
        if (row is { Table: var table } && table.Equals(SeedTables.Plans, StringComparison.OrdinalIgnoreCase))
        {
            _plans[row["id"] ?? ""] = row["code"] ?? "";
        }
        else if (row.Table.Equals(SeedTables.PricedPlans, StringComparison.OrdinalIgnoreCase))
        {
            var id = row["id"] ?? "";
            _plans[id] = (row["tier"] ?? "").ToLowerInvariant();
            _prices[(id, Monthly)] = (AlwrityRows.Cents(row["price_monthly"]), "USD");
            _prices[(id, Yearly)] = (AlwrityRows.Cents(row["price_yearly"]), "USD");
        }
        else
        {
            _prices[(row["plan_id"] ?? "", PeriodOf(row))] = (row["price_cents"], row["currency"]);
        }
    }

    /// <summary>Returns the records of a row: one, or one for each of its counters.</summary>
    /// <param name="reason">The reason for which there is no record.</param>
    public IReadOnlyList<SeedRecord> Map(TableRow row, out string? reason)
    {
        reason = null;
        var table = row.Table.ToLowerInvariant();
        if (table == tables.Usage.Table && tables.Counters.Count > 0)
        {
            var counted = AlwrityRows.UsageOf(row, tables.Counters, TimeOf);
            reason = counted.Count > 0 ? null : NothingUsed;
            return counted;
        }

        var record = table == SeedTables.Users ? UserOf(row)
            : table == tables.Subscriptions ? SubscriptionOf(row, out reason)
            : table == tables.Usage.Table ? UsageOf(row, out reason)
            : table == tables.Bills ? AlwrityRows.BillOf(row, TimeOf, out reason)
            : tables.Bills is not null ? AlwrityRows.CallOf(row, TimeOf)
            : CallOf(row, out reason);
        return record is null ? [] : [record];
    }

    private SeedRecord UserOf(TableRow row) => Record(ImportKind.Customers, "", Quantity.One, row["id"],
        ("name", row["name"] ?? row["full_name"] ?? row["username"]), ("email", row["email"]), ("created_at", TimeOf(row["created_at"])));

    private SeedRecord? SubscriptionOf(TableRow row, out string? reason)
    {
        var (status, key) = ((row["status"] ?? "").ToLowerInvariant(), row[tables.Plan] ?? row[tables.Plan + "_type"] ?? "");
        var (plan, period) = (_plans.GetValueOrDefault(key) ?? key.ToLowerInvariant(), PeriodOf(row));
        if (!Running.Contains(status) && !Ended.Contains(status))
        {
            reason = $"a subscription with the status '{Spelling.Shown(status)}' never began";
            return null;
        }

        // A free plan has no price row in most products.
        var price = _prices.GetValueOrDefault((key, period));
        var amount = price.Amount ?? (plan == "free" ? "0" : null);
        var isOver = Ended.Contains(status) || row["is_active"]?.ToLowerInvariant() is "f" or "false" or "0";
        var end = isOver ? row["canceled_at"] ?? row["ended_at"] ?? row["updated_at"] ?? row["current_period_end"] : null;
        reason = null;
        return Record(ImportKind.Subscriptions, plan, NumberOf(amount), row["id"],
            ("customer", row["user_id"]), ("plan", plan), ("period", period), ("amount", amount), ("currency", price.Currency),
            ("started_at", TimeOf(row["created_at"] ?? row["current_period_start"])), ("ended_at", TimeOf(end)),
            ("trial_end", TimeOf(row["trial_end"] ?? (status == "trialing" ? row["current_period_end"] : null))));
    }

    private SeedRecord? UsageOf(TableRow row, out string? reason)
    {
        var usage = tables.Usage;
        // A table without the column has a row for each use. NULL in the column is no use: the products add up with SUM.
        var quantity = row[usage.Quantity] ?? (row.Has(usage.Quantity) ? "0" : "1");
        reason = NumberOf(quantity) is { IsZero: true } ? NothingUsed : null;
        if (reason is not null)
        {
            return null;
        }

        var feature = row[usage.Feature] ?? "";
        var properties = new JsonObject();
        foreach (var name in usage.Properties)
        {
            if (row[name] is { } value)
            {
                properties[name] = value;
            }
        }

        var record = Record(ImportKind.Usage, feature, NumberOf(quantity), KeyOf(usage.Table, row),
            ("customer", row["user_id"]), ("feature", feature), ("quantity", quantity), ("occurred_at", TimeOf(row[usage.Time])));
        _ = properties.Count == 0 ? null : record.Fields["properties"] = properties;
        return record;
    }

    private SeedRecord? CallOf(TableRow row, out string? reason)
    {
        if (row["user_id"] is not { } customer)
        {
            reason = "the call has no user: its cost belongs to no customer";
            return null;
        }

        reason = null;
        var (model, cost) = (row["model_name"] ?? "", row["cost_usd"]);
        var record = Record(ImportKind.LlmCalls, model, NumberOf(cost), KeyOf(tables.Calls!, row),
            ("customer", customer), ("model", model), ("feature", row["feature_code"]), ("input_tokens", row["input_tokens"]),
            ("output_tokens", row["output_tokens"]), ("cost_usd", cost), ("request_id", row["request_id"]),
            ("plan", _plans.GetValueOrDefault(row["plan_id"] ?? "")), ("occurred_at", TimeOf(row["created_at"])));
        if (row["metadata_json"] is { } json && ObjectOf(json) is { } properties)
        {
            record.Fields["properties"] = properties;
        }

        return record;
    }

    internal static SeedRecord Record(
        ImportKind kind, string name, Quantity? amount, string? id, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var record = new JsonObject { ["kind"] = CatalogWords.Of(kind), ["id"] = id };
        foreach (var (field, value) in fields)
        {
            if (value is not null)
            {
                record[field] = value;
            }
        }

        return new(kind, name, amount, record);
    }

    /// <summary>Ids of several tables become ids of events: the table's name keeps them apart.</summary>
    internal static string KeyOf(string table, TableRow row) => $"{table}:{row["id"]}";

    private static string PeriodOf(TableRow row) => (row["billing_period"] ?? row["billing_interval"]
        ?? row["billing_cycle"] ?? Monthly).ToLowerInvariant() switch
    {
        "month" => Monthly, "year" or "annual" or "annually" => Yearly, var word => word,
    };

    internal static Quantity? NumberOf(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && Quantity.TryCreate(number, out var amount)
            ? amount
            : null;

    private static JsonObject? ObjectOf(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // A text that is no JSON is no property.
        }
    }

    /// <summary>Returns an ISO 8601 time with Z; a text that is none as it is. A month is its first day.</summary>
    private string? TimeOf(string? text)
    {
        const string Iso = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";
        if (text is null)
        {
            return null;
        }

        var whole = text.Length == "2024-03".Length ? text + "-01" : text;
        var offset = whole.Length > 10 ? whole.AsSpan(10).LastIndexOfAny("+-") : -1;
        if (offset >= 0 || whole.EndsWith('Z'))
        {
            // PostgreSQL writes an offset of whole hours without minutes.
            whole += offset >= 0 && whole.Length - offset - 10 == "+00".Length ? ":00" : "";
            return DateTimeOffset.TryParse(whole, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact)
                ? exact.UtcDateTime.ToString(Iso, CultureInfo.InvariantCulture)
                : text;
        }

        if (!DateTime.TryParse(whole, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Kind != DateTimeKind.Unspecified)
        {
            return text;
        }

        // The clocks went forward over an invalid time: the product wrote it by another zone.
        var valid = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return TimeZoneInfo.ConvertTimeToUtc(valid, zone).ToString(Iso, CultureInfo.InvariantCulture);
    }
}
