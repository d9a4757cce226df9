using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Customers;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Reports;

/// <summary>The tables of a customer's reports, of the views of <c>/v1/customers/{id}/usage</c> and <c>/costs</c>.</summary>
internal static class CustomerReports
{
    private const string UsagePath = "/v1/customers/{id}/usage", CostsPath = "/v1/customers/{id}/costs";

    private sealed record FeatureLine(string Feature, FeatureUsage Usage);

    private sealed record AdoptionLine(string Feature, string? IsUsed, decimal? Used, decimal? Limit);

    private sealed record CallLine(string? Name, string? Provider, CostFigures Figures);

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
