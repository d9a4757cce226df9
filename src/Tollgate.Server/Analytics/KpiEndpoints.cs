using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/kpis</c>: the key figures of a range, each with its formula.</summary>
internal static class KpiEndpoints
{
    private const string Minor = "minor", Ratio = "ratio", Number = "customers";

    public static readonly string[] Units = [Minor, Ratio, Number];

    private static readonly string[] Columns = ["name", "value", "previous", "unit", "definition"];

    /// <summary>Names, units, formulas and values, in the order of the file.</summary>
    private static readonly (string Name, string Unit, string Definition, Func<Kpis, decimal?> Of)[] Table =
    [
        ("mrr", Minor,
            "The recurring prices of active and past-due subscriptions after recurring discounts, per month, at the end of the range.",
            static kpis => kpis.Mrr.Minor),
        ("arr", Minor, "12 × MRR.", static kpis => kpis.Arr.Minor),
        ("customers", Number, "Customers with MRR at the end of the range.", static kpis => kpis.Customers),
        ("arpu", Minor, "MRR ÷ paying customers.", static kpis => kpis.Arpu?.Minor),
        ("ltv", Minor, "ARPU × gross margin ÷ logo churn of the range.", static kpis => kpis.Ltv?.Minor),
        ("cac", Minor, "Recorded acquisition spend ÷ customers that paid for the first time in the range.", static kpis => kpis.Cac?.Minor),
        ("churn.logo", Ratio, "Customers that paid at the start and do not at the end ÷ paying customers at the start.",
            static kpis => kpis.LogoChurn?.Rounded),
        ("churn.gross", Ratio, "MRR at the start of lost customers, and the contraction of others ÷ MRR at the start.",
            static kpis => kpis.GrossChurn?.Rounded),
        ("churn.net", Ratio, "Gross churn less the expansion of customers that paid at the start ÷ MRR at the start.",
            static kpis => kpis.NetChurn?.Rounded),
        ("trial_conversion", Ratio, "Trials that were over in the range and became paid ÷ all trials that were over in it.",
            static kpis => kpis.TrialConversion?.Rounded),
        ("upgrade_rate", Ratio, "Customers that pay more at the end than at the start ÷ paying customers at the start.",
            static kpis => kpis.UpgradeRate?.Rounded),
        ("downgrade_rate", Ratio, "Customers that pay less at the end than at the start, but pay ÷ paying customers at the start.",
            static kpis => kpis.DowngradeRate?.Rounded),
        ("payment_success", Ratio, "Successful payments ÷ payments that ended in the range.", static kpis => kpis.PaymentSuccess?.Rounded),
        ("gross_margin", Ratio, "(Recognised revenue − cost of model calls) ÷ recognised revenue.",
            static kpis => kpis.GrossMargin?.Rounded),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<KpiQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/kpis", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.Kpis);
        app.MapGet("/v1/analytics/kpis.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.KpisCsv);
    }

    private static async Task ShowAsync(HttpContext context, KpiQueries queries, Clock clock)
    {
        if (await ReportAsync(context, queries, clock) is not var (span, report))
        {
            return;
        }

        var view = new KpisView
        {
            From = span.From, To = span.To, PreviousFrom = report.Before.From, PreviousTo = report.Before.To,
            Currency = context.Project().Currency, Mrr = ViewOf(report, "mrr"), Arr = ViewOf(report, "arr"),
            Customers = ViewOf(report, "customers"), Arpu = ViewOf(report, "arpu"), Ltv = ViewOf(report, "ltv"),
            Cac = ViewOf(report, "cac"),
            Churn = new(
                ViewOf(report, "churn.logo"), ViewOf(report, "churn.gross"), ViewOf(report, "churn.net"),
                [.. report.Current.Lost.Select(static lost => new ChurnReasonView(lost.Reason, lost.Customers, lost.Mrr.Minor))]),
            TrialConversion = ViewOf(report, "trial_conversion"), UpgradeRate = ViewOf(report, "upgrade_rate"),
            DowngradeRate = ViewOf(report, "downgrade_rate"), PaymentSuccess = ViewOf(report, "payment_success"),
            GrossMargin = ViewOf(report, "gross_margin"), Unconverted = report.Unconverted,
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.KpisView);
    }

    private static async Task CsvAsync(HttpContext context, KpiQueries queries, Clock clock)
    {
        if (await ReportAsync(context, queries, clock) is var (_, report))
        {
            await CsvExport.WriteAsync(context, "kpis", Columns, Table, (csv, kpi) =>
                csv.Plain(kpi.Name).Next().Plain(kpi.Of(report.Current)).Next().Plain(kpi.Of(report.Previous)).Next().Plain(kpi.Unit).Next()
                    .Cell(kpi.Definition).End());
        }
    }

    private static KpiView ViewOf(KpiReport report, string name)
    {
        var (_, unit, definition, of) = Array.Find(Table, kpi => kpi.Name == name);
        return new(of(report.Current), of(report.Previous), unit, definition);
    }

    private static async Task<(ReportSpan Span, KpiReport Report)?> ReportAsync(HttpContext context, KpiQueries queries, Clock clock)
    {
        var (project, faults) = (context.Project(), new Faults());
        var (from, to) = ReportDays.Read30Days(context, clock.Now(project), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var span = ReportSpan.Of(from, to, project.Zone);
        return (span, await queries.ReadAsync(project, span, context.RequestAborted));
    }
}
