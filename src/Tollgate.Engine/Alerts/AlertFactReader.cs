using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Alerts;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>Reads the rows of <see cref="AlertFactSql.Facts"/>.</summary>
internal static class AlertFactReader
{
    /// <summary>Percent: above every threshold of low use.</summary>
    private const decimal Most = 1_000m;

    public static AlertFact Read(RowReader row, ProjectSnapshot project)
    {
        var (data, at, place) = (JsonElement.Parse(row.Text("data")), row.Time("at"), row.Value<ulong>("xid"));
        var customer = row.TextOrNull("customer") is { } id ? new AlertCustomer(id, row.TextOrNull("name")) : null;
        return row.Text("kind") switch
        {
            "usage_threshold" => new CrossingFact(
                customer!, project.Catalog.FeatureOf(Whole(data, "feature")).Feature, Whole(data, "percent"),
                Quantity.Of(data.GetProperty("used").GetDecimal()), Quantity.Of(data.GetProperty("granted").GetDecimal()),
                Time(data, "period_start")!.Value, at, place) { IsHighest = Flag(data, "is_highest") },
            "payment_failed" => new PaymentFailedFact(
                customer!, Text(data, "invoice")!, Text(data, "number"), AmountOf(data), Text(data, "failure"),
                Time(data, "next_at") is { } next ? Day(next, project) : null, Whole(data, "attempt"), at, place)
            {
                IsLast = Flag(data, "is_last"),
            },
            "subscription_canceled" => new CanceledFact(
                customer!, Text(data, "subscription")!, PlanOf(Text(data, "plan")!, project), Day(Time(data, "ends_at")!.Value, project),
                Flag(data, "is_over"), Text(data, "reason"), Whole(data, "step"), at, place),
            "usage_below" => LowUseOf(customer!, data, project, at, place),
            "webhook_failed" => new EndpointDisabledFact(
                Text(data, "endpoint")!, Text(data, "url")!, Text(data, "reason")!, Whole(data, "number"), at, place),
            var kind => throw new InvalidOperationException($"{kind} is no kind of a fact."),
        };
    }

    /// <summary>Compares the usage with each limit that the plan has now. A limit without a balance is unused.</summary>
    private static LowUseFact LowUseOf(AlertCustomer customer, JsonElement data, ProjectSnapshot project, Instant at, ulong place)
    {
        var code = Text(data, "plan")!;
        var (used, largest) = (new Dictionary<string, Quantity>(StringComparer.Ordinal), 0m);
        var hasLimit = false;
        foreach (var entitlement in project.Catalog.Plans.GetValueOrDefault(code)?.Plan.Entitlements ?? [])
        {
            if (entitlement is not { Quota.IsPositive: true, Period: QuotaPeriodKind.BillingMonth }
                || !project.Catalog.Features.TryGetValue(entitlement.Feature, out var feature))
            {
                continue;
            }

            var quantity = data.GetProperty("used").TryGetProperty(feature.Key.ToString(CultureInfo.InvariantCulture), out var number)
                ? Quantity.Of(number.GetDecimal())
                : Quantity.Zero;
            (hasLimit, used[feature.Code]) = (true, quantity);
            largest = Math.Max(largest, Math.Min(Most, quantity.Value * 100m / entitlement.Quota.Value.Value));
        }

        // A plan without limits has no low use.
        return new(
            customer, PlanOf(code, project), Quantity.Of(hasLimit ? decimal.Round(largest, 1) : Most), used, Day(at, project), at, place);
    }

    private static MoneyAmount? AmountOf(JsonElement data) => Text(data, "currency") is { } currency
        ? new(data.GetProperty("amount").GetInt64(), Currency.Of(currency))
        : null;

    private static string PlanOf(string code, ProjectSnapshot project) =>
        project.Catalog.Plans.TryGetValue(code, out var plan) ? plan.Plan.Name : code;

    private static string Day(Instant at, ProjectSnapshot project) =>
        TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    private static int Whole(JsonElement data, string member) => data.GetProperty(member).GetInt32();

    private static bool Flag(JsonElement data, string member) => data.GetProperty(member).GetBoolean();

    private static string? Text(JsonElement data, string member) =>
        data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Instant? Time(JsonElement data, string member) =>
        Text(data, member) is { } text ? Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture)) : null;
}
