using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Customers;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Reports;

/// <summary>
/// The tables of a customer's reports, from the views of <c>/usage</c>, <c>/costs</c> and <c>/success</c> of <c>/v1/customers/{id}</c>.
/// </summary>
internal static class CustomerReports
{
    private const string UsagePath = "/v1/customers/{id}/usage", CostsPath = "/v1/customers/{id}/costs",
        SuccessPath = "/v1/customers/{id}/success";

    private sealed record FeatureLine(string Feature, FeatureUsage Usage);

    private sealed record AdoptionLine(string Feature, string? IsUsed, decimal? Used, decimal? Limit);

    private sealed record CallLine(string? Name, string? Provider, CostFigures Figures);

    private sealed record ValueLine(string? Month, ValueView Value);

    /// <summary>The values of each month, such as saved hours.</summary>
    public static Report Values(IServiceProvider services) => new Report<CustomerSuccessView, ValueLine>
    {
        Path = SuccessPath, Read = ReadSuccess(services),
        Columns = new ReportColumns<ValueLine>()
            .Text("month", static line => line.Month).Text("name", static line => line.Value.Name)
            .Text("unit", static line => line.Value.Unit).Number("events", static line => line.Value.Events)
            .Number("total", static line => line.Value.Total),
        Lines = static view => view.Months
            .SelectMany(static month => month.Values, static (month, value) => new ValueLine(month.Month, value))
            .Concat(view.Total.Values.Select(static value => new ValueLine("total", value))),
    };

    /// <summary>Tickets and scores of each month.</summary>
    public static Report Success(IServiceProvider services) => new Report<CustomerSuccessView, CustomerSignalsView>
    {
        Path = SuccessPath, Read = ReadSuccess(services),
        Columns = new ReportColumns<CustomerSignalsView>()
            .Text("month", static line => line.Month).Number("tickets", static line => line.Tickets)
            .Number("csat_responses", static line => line.Csat.Responses).Number("csat_mean", static line => line.Csat.Mean)
            .Ratio("csat_satisfied", static line => line.Csat.Satisfied),
        Lines = static view => view.Months, Total = static view => view.Total with { Month = "Total" },
    };

    public static Report Usage(IServiceProvider services) => new Report<UsageView, FeatureLine>
    {
        Path = UsagePath, Read = ReadUsage(services),
        Columns = new ReportColumns<FeatureLine>()
            .Text("feature", static line => line.Feature).Number("used", static line => line.Usage.Used)
            .Number("limit", static line => line.Usage.Limit).Number("remaining", static line => line.Usage.Remaining)
            .Number("percent", static line => line.Usage.Percent).Time("resets_at", static line => line.Usage.ResetsAt),
        Lines = static view => FeaturesOf(view).Select(static one => new FeatureLine(one.Key, one.Value)),
    };

    public static Report Adoption(IServiceProvider services) => new Report<UsageView, AdoptionLine>
    {
        Path = UsagePath, Read = ReadUsage(services),
        Columns = new ReportColumns<AdoptionLine>()
            .Text("feature", static line => line.Feature).Word("in_use", static line => line.IsUsed)
            .Number("used", static line => line.Used).Number("limit", static line => line.Limit),
        Lines = static view => FeaturesOf(view).Select(static one =>
            new AdoptionLine(one.Key, one.Value.Used > 0 ? "yes" : "no", one.Value.Used, one.Value.Limit)),
        Total = static view => new(
            $"{view.Features.Count(static one => one.Value.Used > 0)} of {view.Features.Count} in use", null, null, null),
    };

    public static Report Models(IServiceProvider services) => Calls(
        services, "model", static view => view.ByModel.Select(static one => new CallLine(one.Model, one.Provider, one)));

    public static Report Features(IServiceProvider services) => Calls(
        services, "feature", static view => view.ByFeature.Select(static one => new CallLine(one.Feature, null, one)));

    private static Report<CustomerCosts, CallLine> Calls(
        IServiceProvider services, string name, Func<CustomerCosts, IEnumerable<CallLine>> lines)
    {
        var queries = services.GetRequiredService<CostQueries>();
        var columns = new ReportColumns<CallLine>().Text(name, static line => line.Name);
        if (name == "model")
        {
            columns.Text("provider", static line => line.Provider);
        }

        return new()
        {
            Path = CostsPath, Read = request => CustomerCostEndpoints.ReadAsync(request, queries),
            Columns = columns.Number("calls", static line => line.Figures.Calls)
                .Number("errors", static line => line.Figures.Errors).Number("input_tokens", static line => line.Figures.InputTokens)
                .Number("output_tokens", static line => line.Figures.OutputTokens)
                .Number("cost_usd", static line => line.Figures.CostUsd),
            Lines = lines, Total = static view => new("Total", null, view.Total),
        };
    }

    private static Func<ReportRequest, Task<CustomerSuccessView?>> ReadSuccess(IServiceProvider services)
    {
        var queries = services.GetRequiredService<SuccessQueries>();
        return request =>
        {
            var days = SuccessEndpoints.Whole(ReportDays.ReadMonths(request));
            return SuccessEndpoints.OfCustomerAsync(request.Project, request.Customer!, days, queries, request.Cancel);
        };
    }

    private static Func<ReportRequest, Task<UsageView?>> ReadUsage(IServiceProvider services)
    {
        var gate = services.GetRequiredService<QuotaGate>();
        return async request => await gate.StandingAsync(request.Project, request.Customer!, request.Cancel) is { } standing
            ? ReadingEndpoints.UsageOf(standing, request.Project.Zone)
            : throw new TimeoutException("The database did not answer in time.");
    }

    private static IOrderedEnumerable<KeyValuePair<string, FeatureUsage>> FeaturesOf(UsageView view) =>
        view.Features.OrderBy(static one => one.Key, StringComparer.Ordinal);
}
