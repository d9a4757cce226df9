using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Core.Money;

namespace Tollgate.Core.Imports.Dumps;

/// <summary>
/// The rows of ALwrity's tables that no other product has: a month's summary with a counter for each provider, calls with their costs as
/// floats, and bills in dollars. Floats are rounded to the decimals that Tollgate stores.
/// </summary>
internal static class AlwrityRows
{
    private const string Totals = "total_";
    private const string Cost = "total_cost";

    /// <summary>One provider under two names, and one feature of the catalogue.</summary>
    private const string Exa = "exa_calls";
    private const string Metaphor = "metaphor_calls";

    /// <summary>
    /// Returns a record of usage for each counter of a summary that counted something, of the feature that its column names. A counter of
    /// a provider that the catalogue does not have is rejected by the server, and reported.
    /// </summary>
    /// <param name="counters">The ends of the columns' names.</param>
    public static IReadOnlyList<SeedRecord> UsageOf(TableRow row, IReadOnlyList<string> counters, Func<string?, string?> time)
    {
        var records = new List<SeedRecord>();
        foreach (var column in row.Columns.Select(static column => column.ToLowerInvariant()))
        {
            if ((column.StartsWith(Totals, StringComparison.Ordinal) && column != Cost)
                || !counters.Any(end => column.EndsWith(end, StringComparison.Ordinal)) || Rounded(row[column]) is not { } amount
                || SeedMapping.NumberOf(amount) is { IsZero: true })
            {
                continue;
            }

            var feature = column switch { Cost => "llm_cost", Exa => Metaphor, _ => column };
            records.Add(SeedMapping.Record(
                ImportKind.Usage, feature, SeedMapping.NumberOf(amount), $"{SeedMapping.KeyOf("usage_summaries", row)}:{column}",
                ("customer", row["user_id"]), ("feature", feature), ("quantity", amount), ("occurred_at", time(row["billing_period"]))));
        }

        return records;
    }

    /// <summary>Returns a call. Searches and pages have no model: their provider's name stands for it, as in its prices.</summary>
    public static SeedRecord CallOf(TableRow row, Func<string?, string?> time)
    {
        var provider = (row["provider"] ?? "").ToLowerInvariant();
        var (model, cost) = (row["model_used"] is { Length: > 0 } named ? named : provider, Rounded(row["cost_total"]));
        return SeedMapping.Record(
            ImportKind.LlmCalls, model, SeedMapping.NumberOf(cost), SeedMapping.KeyOf("api_usage_logs", row),
            ("customer", row["user_id"]), ("provider", provider), ("model", model), ("input_tokens", row["tokens_input"]),
            ("output_tokens", row["tokens_output"]), ("cost_usd", cost), ("latency_ms", Milliseconds(row["response_time"])),
            ("status", row["status_code"]), ("error", row["error_message"]), ("endpoint", row["endpoint"]),
            ("occurred_at", time(row["timestamp"])));
    }

    /// <summary>Returns a paid bill as an invoice.</summary>
    /// <param name="reason">Why there is none.</param>
    public static SeedRecord? BillOf(TableRow row, Func<string?, string?> time, out string? reason)
    {
        var (status, total) = ((row["payment_status"] ?? "").ToLowerInvariant(), Cents(row["total_cost"]));
        reason = status != "paid" ? $"a bill with the payment status '{Spelling.Shown(status)}' is open: import it after its payment"
            : total == "0" ? "nothing was billed"
            : null;
        return reason is not null
            ? null
            : SeedMapping.Record(
                ImportKind.Invoices, "USD", SeedMapping.NumberOf(total), SeedMapping.KeyOf("billing_history", row),
                ("customer", row["user_id"]), ("status", "paid"), ("number", row["stripe_invoice_id"]), ("currency", "USD"),
                ("total", total), ("issued_at", time(row["created_at"] ?? row["period_end"])), ("paid_at", time(row["payment_date"])),
                ("period_start", time(row["period_start"])), ("period_end", time(row["period_end"])),
                ("description", $"{row["plan_name"]}, {row["billing_period"]}"));
    }

    /// <summary>Returns dollars as cents, and a text that is not a number unchanged.</summary>
    public static string? Cents(string? dollars) => Scaled(dollars, 100, 0);

    private static string? Milliseconds(string? seconds) => Scaled(seconds, 1000, 0);

    private static string? Rounded(string? number) => Scaled(number, 1, Quantity.Scale);

    /// <summary>A number that is beyond the range stays as it is: the server names it.</summary>
    private static string? Scaled(string? text, int factor, int decimals) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < Quantity.Largest
            ? decimal.Round(number * factor, decimals, MidpointRounding.AwayFromZero).ToString("0.#########", CultureInfo.InvariantCulture)
            : text;
}
