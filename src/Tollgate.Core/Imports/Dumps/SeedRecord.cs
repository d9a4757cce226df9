using System.Text.Json.Nodes;
using Tollgate.Core.Money;

namespace Tollgate.Core.Imports.Dumps;

/// <summary>A record of an import that a row of another product becomes.</summary>
/// <param name="Name">The name by which sums are compared: a feature, a model, a plan; empty for customers.</param>
/// <param name="Amount">Units of usage, dollars of a call, minor units of a subscription; null: the other product does not say.</param>
public sealed record SeedRecord(ImportKind Kind, string Name, Quantity? Amount, JsonObject Fields);

/// <summary>A table whose rows are usage.</summary>
/// <param name="Feature">The column of the feature, as the next ones are of the quantity and the time.</param>
/// <param name="Properties">Columns that the events keep.</param>
public sealed record UsageTable(string Table, string Feature, string Quantity, string Time, params string[] Properties);

/// <summary>The tables of a product, and the records that their rows become.</summary>
/// <param name="Product">The code of its catalogue.</param>
/// <param name="Plan">The column of a subscription's plan.</param>
/// <param name="Calls">The table of calls to models; null: there is none.</param>
public sealed record SeedTables(string Product, UsageTable Usage, string Plan, string? Calls)
{
    /// <summary>The table of subscriptions.</summary>
    public string Subscriptions { get; init; } = "subscriptions";

    /// <summary>The table of bills; null: there is none.</summary>
    public string? Bills { get; init; }

    /// <summary>The columns of a row that are one quantity each; empty: a row is one quantity.</summary>
    public IReadOnlyList<string> Counters { get; init; } = [];

    public static IReadOnlyList<SeedTables> All { get; } =
    [
        new("career-coach", new("user_feature_usage", "feature_code", "used_count", "period_start"), "plan_id", "token_usage_log"),
        new("email-assistant", new("usage_metrics", "metric_type", "count", "month_year"), "tier", null),
        new("resume-ats", new("usage_events", "feature", "amount", "created_at"), "plan", null),
        new("alwrity", new("usage_summaries", "", "", "billing_period"), "plan_id", "api_usage_logs")
        {
            Subscriptions = "user_subscriptions", Bills = "billing_history", Counters = ["_calls", "_tokens", "total_cost"],
        },
        new("trendit", new("usage_records", "usage_type", "cost_units", "created_at", "endpoint", "request_id"), "tier", null),
    ];

    public const string Users = "users";
    public const string Plans = "pricing_plans";
    public const string Prices = "plan_prices";

    /// <summary>Plans with their prices in columns.</summary>
    public const string PricedPlans = "subscription_plans";

    /// <summary>Tables that other rows refer to: they are read first.</summary>
    public static IReadOnlySet<string> LookedUp { get; } =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Plans, Prices, PricedPlans };

    /// <summary>Tables whose rows become records, in the order in which the server needs them.</summary>
    public IReadOnlyList<string> Tables => [
        Users, Subscriptions, Usage.Table, .. Calls is null ? (string[])[] : [Calls], .. Bills is null ? (string[])[] : [Bills],
    ];
}
