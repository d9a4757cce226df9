using System.Text.Json;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Catalog;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Quotas;

/// <summary>
/// <c>/v1/customers/{id}/usage</c>, <c>/entitlements</c>, <c>/explain</c>: a customer's balances and entitlements. Reading creates no
/// customer: an unknown id gets the numbers that its first use would meet.
/// </summary>
public static class ReadingEndpoints
{
    /// <summary>The reason of a value feature, which has no decision.</summary>
    internal const string Setting = "setting";

    public static void MapReadings(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        var queries = app.Services.GetRequiredService<CustomerQueries>();
        var grants = app.Services.GetRequiredService<GrantQueries>();

        app.MapGet("/v1/customers/{id}/usage", (RequestDelegate)(context => UsageAsync(context, gate)))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(ReadingDescriptions.Usage);
        app.MapGet("/v1/customers/{id}/entitlements", (RequestDelegate)(context => EntitlementsAsync(context, gate)))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(ReadingDescriptions.Entitlements);
        app.MapGet("/v1/customers/{id}/explain", (RequestDelegate)(context => ExplainAsync(context, gate, (queries, grants))))
            .RequireKey(Access.Secret, Scope.UsageRead)
            .Describe(ReadingDescriptions.Explain);
    }

    private static async Task UsageAsync(HttpContext context, QuotaGate gate)
    {
        if (await CustomersEndpoints.IdAsync(context) is { } id && await StandingAsync(context, gate, id) is { } standing)
        {
            await Answer.Json(context, StatusCodes.Status200OK, UsageOf(standing, context.Project().Zone), WireJson.Default.UsageView);
        }
    }

    private static async Task EntitlementsAsync(HttpContext context, QuotaGate gate)
    {
        if (await CustomersEndpoints.IdAsync(context) is { } id && await StandingAsync(context, gate, id) is { } standing)
        {
            var view = new EntitlementsView
            {
                Customer = id,
                Plan = standing.Plan.Code,
                PlanVersion = standing.Plan.Number,
                Features = standing.Features.ToDictionary(f => f.Feature.Code, f => CustomerAnswers.Of(f, standing.Plan)),
            };
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.EntitlementsView);
        }
    }

    private static async Task ExplainAsync(HttpContext context, QuotaGate gate, (CustomerQueries Customers, GrantQueries Grants) queries)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        string? code = context.Request.Query["feature"];
        var faults = new Faults();
        if (!faults.Required(code, "feature"))
        {
            await faults.WriteAsync(context);
            return;
        }

        if (!context.Project().Catalog.Features.TryGetValue(code!, out var feature))
        {
            await UnknownNames.WriteFeatureAsync(context, code!, "feature");
            return;
        }

        if (await StandingAsync(context, gate, id) is not { } standing)
        {
            return;
        }

        var check = await gate.CheckAsync(context.Project(), id, feature.Code, Quantity.One, context.RequestAborted);
        var customer = await queries.Customers.FindAccountAsync(context.Project(), id, context.RequestAborted);
        var view = await ExplainedAsync(
            queries, context.Project(), standing, feature, check.Decision?.Outcome, customer, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.ExplainView);
    }

    /// <summary>Null: the database does not answer, and the problem is written.</summary>
    internal static async ValueTask<CustomerStanding?> StandingAsync(HttpContext context, QuotaGate gate, string customer)
    {
        var standing = await gate.StandingAsync(context.Project(), customer, context.RequestAborted);
        if (standing is null)
        {
            await Problems.WriteAsync(context, ErrorCode.StorageUnavailable);
        }

        return standing;
    }

    internal static UsageView UsageOf(CustomerStanding standing, TimeZoneInfo zone)
    {
        var metered = standing.Features.Where(f => f.Standing is not null).ToList();

        // The features of a subscription give its billing month; without a subscription it is the calendar month.
        var month = metered.FirstOrDefault(f => f.Entitlement.Period == QuotaPeriodKind.BillingMonth)?.Standing!.Period
            ?? QuotaPeriods.Of(QuotaPeriodKind.BillingMonth, standing.Now, zone, null, null);
        return new()
        {
            Plan = standing.Plan.Code,
            PeriodStart = month.Start.ToOffset(),
            PeriodEnd = month.End.ToOffset(),
            MonthKey = QuotaPeriods.MonthKey(standing.Now, zone),
            Features = metered.ToDictionary(f => f.Feature.Code, f => CustomerAnswers.Of(f.Feature.Feature, f.Standing!, standing.Now)),
        };
    }

    private static async Task<ExplainView> ExplainedAsync(
        (CustomerQueries Customers, GrantQueries Grants) queries,
        ProjectSnapshot project,
        CustomerStanding standing,
        FeatureEntry feature,
        Outcome? oneMore,
        CustomerRow? customer,
        CancellationToken cancel)
    {
        var found = standing.Features.FirstOrDefault(f => f.Feature.Key == feature.Key);
        var grants = customer is null ? [] : await queries.Grants.BurningGrantsAsync(customer, feature.Key, standing.Now, cancel);
        var holds = customer is null ? [] : await queries.Customers.OpenHoldsAsync(customer, feature.Key, standing.Now, cancel);
        var heldBack = CustomerAnswers.HeldBack(standing);
        var terms = customer is null ? null : (await queries.Customers.TermsAsync(project, customer, cancel)).Current;
        var termsFrom = terms is null || terms.From == Instant.Epoch ? (Instant?)null : terms.From;
        var crossings = customer is null ? [] : await queries.Customers.CrossingsAsync(customer, feature.Key, cancel);
        return new()
        {
            Customer = standing.Customer,
            Known = standing.Known,
            Feature = feature.Code,
            Kind = CatalogWords.Of(feature.Feature.Kind),
            Plan = standing.Plan.Code,
            PlanVersion = standing.Plan.Number,
            TermsFrom = termsFrom?.ToOffset(),
            Now = standing.Now.ToOffset(),
            Allowed = oneMore is <= Outcome.RecordedOverLimit || (oneMore is null && found is not null),
            Reason = ReasonOf(oneMore, found),
            Because = Explanation.Of(FactsOf(standing, termsFrom, feature, found, grants, oneMore)),
            Entitlement = found is null ? null : CustomerAnswers.Of(found, standing.Plan),
            Override = OverrideOf(customer, feature.Code),
            PeriodStart = found?.Standing?.Period.Start.ToOffset(),
            PeriodEnd = found?.Standing?.ResetsAt?.ToOffset(),
            Grants = [.. grants.Select(grant => CustomerAnswers.Of(grant, standing.Now, heldBack.GetValueOrDefault(grant.Grant.Id)))],
            Reservations = [
                .. holds.Select(h => new OpenReservationView(h.Id, h.Amount.Value, h.CreatedAt.ToOffset(), h.ExpiresAt.ToOffset()))],
            Thresholds = [.. crossings.Select(c => new CrossingView(
                c.Percent, c.PeriodStart.ToOffset(), c.Used.Value, c.Granted.Value, c.CrossedAt.ToOffset()))],
            Denied = found?.Denied ?? 0,
        };
    }

    private static string ReasonOf(Outcome? oneMore, FeatureStanding? found) =>
        oneMore is { } outcome ? OutcomeMap.Reason(outcome)
        : found is null ? OutcomeMap.Reason(Outcome.FeatureNotInPlan)
        : Setting;

    private static ExplainedFacts FactsOf(
        CustomerStanding standing, Instant? termsFrom, FeatureEntry feature, FeatureStanding? found, IReadOnlyList<GrantRow> grants,
        Outcome? oneMore) => new(
        feature.Feature,
        standing.Plan.Code,
        standing.Plan.Number,
        termsFrom,
        found is not null && CustomerAnswers.IsOverridden(found, standing.Plan),
        found?.Entitlement,
        found?.Standing,
        grants.Count,
        grants.Aggregate(Quantity.Zero, (sum, row) => sum + row.Grant.Remaining),
        oneMore,
        found?.Denied ?? 0);

    private static JsonElement? OverrideOf(CustomerRow? customer, string feature)
    {
        if (customer is null)
        {
            return null;
        }

        using var overrides = JsonDocument.Parse(customer.Overrides);
        return overrides.RootElement.TryGetProperty(feature, out var change) ? change.Clone() : null;
    }
}
