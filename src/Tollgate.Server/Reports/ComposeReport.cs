using System.Globalization;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Analytics;
using Tollgate.Server.Costs;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Reports;

/// <summary>
/// Composes reports from tables that other operations return. It computes nothing, so each figure equals that of its source. It reads the
/// tables one after another, and holds no connection between them.
/// </summary>
internal sealed class ComposeReport(IServiceProvider services, CustomerQueries customers)
{
    /// <summary>The most lines of a table; the source has all.</summary>
    public const int MostLines = 1_000;

    /// <summary>The months of a growth report, independent of its days: a projection needs a past.</summary>
    private const int MonthsOfGrowth = 12;

    private readonly Report _kpis = KpiEndpoints.Report(services), _reasons = KpiEndpoints.Reasons(services),
        _mrr = MrrEndpoints.Report(services), _margins = MarginEndpoints.Report(services), _segments = CohortEndpoints.Segments(services),
        _cohorts = CohortEndpoints.Cohorts(services), _growth = GrowthEndpoints.Report(services);

    private readonly Report _usage = CustomerReports.Usage(services), _adoption = CustomerReports.Adoption(services),
        _models = CustomerReports.Models(services), _features = CustomerReports.Features(services),
        _values = CustomerReports.Values(services), _success = CustomerReports.Success(services);

    /// <param name="now">The project's time.</param>
    /// <returns>Null: the customer does not exist.</returns>
    public async Task<ComposedReport?> RunAsync(ProjectSnapshot project, ReportOrder order, Instant now, CancellationToken cancel)
    {
        var customer = order.Customer is { } id ? await customers.FindAsync(project, id, cancel) : null;
        if (order.Customer is not null && customer is null)
        {
            return null;
        }

        var sections = new List<ReportSection>();
        foreach (var plan in PlanOf(order))
        {
            var request = new ReportRequest(project, plan.Query, now, MostLines, cancel) { Customer = order.Customer };
            sections.Add(plan.Shape(new(plan.Name, plan.Title, await plan.Source.TableAsync(request))));
        }

        return new(
            order, ReportScheduleRules.TitleOf(order.Kind), project.Name, project.Currency, now,
            customer is null ? null : Parties.Of(customer.Customer, now), sections, [.. NotesOf(order, sections)]);
    }

    /// <summary>A table of a report: its source with a query, and the part of it that the report shows.</summary>
    private sealed record Planned(
        string Name, string Title, Report Source, IQueryCollection Query, Func<ReportSection, ReportSection> Shape);

    private IEnumerable<Planned> PlanOf(ReportOrder order)
    {
        var days = Days(order.From, order.To);
        return order.Kind switch
        {
            ReportKind.Revenue =>
            [
                Kpis(days, "mrr", "arr", "customers", "arpu", "ltv", "cac", "payment_success", "gross_margin"),
                new("recurring_revenue", "Recurring revenue by month", _mrr, days,
                    static one => one.With("month", "opening", "new", "expansion", "contraction", "churn", "reactivation", "mrr")),
                new("margins", "Revenue, cost and margin by plan", _margins, Days(order.From, order.To, ("group_by", "plan")), Whole),
            ],
            ReportKind.Segments => ((string[])["plan", "currency", "country"]).Select(by => new Planned(
                $"by_{by}", $"Paying customers by {by}", _segments, Days(null, order.To, ("group_by", by)), Whole)),
            ReportKind.Churn =>
            [
                Kpis(days, "churn.logo", "churn.gross", "churn.net", "downgrade_rate", "payment_success"),
                new("reasons", "Lost customers by reason", _reasons, days, Whole),
                new("recurring_revenue", "Lost revenue by month", _mrr, days,
                    static one => one.With("month", "opening", "contraction", "churn", "reactivation", "mrr")),
                new("retention", "Retention by cohort", _cohorts, days, Whole),
            ],
            ReportKind.Growth =>
            [
                Kpis(days, "mrr", "customers", "trial_conversion", "upgrade_rate", "downgrade_rate", "churn.net", "cac", "ltv"),
                new("growth", "MRR and customers by month, with projection", _growth,
                    Days(new DateOnly(order.To.Year, order.To.Month, 1).AddMonths(1 - MonthsOfGrowth), order.To), Whole),
            ],
            ReportKind.Usage =>
            [
                new("features", "Use of features", _usage, new QueryCollection(), Whole),
                new("models", "Calls to models", _models, days, Whole),
                new("calls_by_feature", "Calls to models by feature", _features, days, Whole),
            ],
            ReportKind.Value =>
            [
                new("values", "Values by month", _values, days, Whole),
                new("success", "Tickets and scores by month", _success, days, Whole),
            ],
            ReportKind.Adoption => [new("features", "Features of the plan", _adoption, new QueryCollection(), Whole)],
            _ => throw new InvalidOperationException($"{order.Kind} is no composed report."),
        };
    }

    private Planned Kpis(IQueryCollection days, params string[] names) =>
        new("key_figures", "Key figures", _kpis, days, one => one.Only(names).With("name", "value", "previous", "unit"));

    private static ReportSection Whole(ReportSection section) => section;

    private static QueryCollection Days(DateOnly? from, DateOnly to, params (string Name, string Value)[] more)
    {
        var query = new Dictionary<string, Microsoft.Extensions.Primitives.StringValues>(StringComparer.Ordinal);
        if (from is { } first)
        {
            query["from"] = DayOf(first);
        }

        query["to"] = DayOf(to);
        foreach (var (name, value) in more)
        {
            query[name] = value;
        }

        return new(query);
    }

    private static IEnumerable<string> NotesOf(ReportOrder order, List<ReportSection> sections)
    {
        if (sections.Any(static one => one.Table.HasMore))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Tables have their first {MostLines:N0} lines: {string.Join(", ", sections.Where(static one => one.Table.HasMore).Select(static one => one.Title))}. The operations that the JSON names as sources have the others.");
        }

        if (order.Kind is ReportKind.Usage or ReportKind.Adoption)
        {
            yield return "The use of features is that of the current quota periods.";
        }

        string[] unconverted = [.. sections.SelectMany(static one => one.Table.Unconverted).Distinct().Order(StringComparer.Ordinal)];
        if (unconverted.Length > 0)
        {
            yield return $"No figure includes amounts in {string.Join(", ", unconverted)}: the project has no exchange rate for them.";
        }
    }

    internal static string DayOf(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
