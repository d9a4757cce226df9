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
    public static AlertFact Read(RowReader row, ProjectSnapshot project)
    {
        var (data, at, place) = (JsonElement.Parse(row.Text("data")), row.Time("at"), row.Value<ulong>("xid"));
        var customer = row.TextOrNull("customer") is { } id ? new AlertCustomer(id, row.TextOrNull("name")) : null;
        return row.Text("kind") switch
        {
            "usage_threshold" => new CrossingFact(
                customer!, project.Catalog.FeaturesByKey[Whole(data, "feature")].Feature, Whole(data, "percent"),
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
            "webhook_failed" => new EndpointDisabledFact(
                Text(data, "endpoint")!, Text(data, "url")!, Text(data, "reason")!, Whole(data, "number"), at, place),
            var kind => throw new InvalidOperationException($"{kind} is no kind of a fact."),
        };
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
