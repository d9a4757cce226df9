using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Engine.Analytics;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/kpis</c>: the key figures of a range, each with its formula.</summary>
internal static class KpiEndpoints
{
    private const string Minor = "minor", Ratio = "ratio", Number = "customers";

    public static readonly string[] Units = [Minor, Ratio, Number];

    private static readonly ReportColumns<(string Name, KpiView Kpi)> Columns = new ReportColumns<(string Name, KpiView Kpi)>()
        .Word("name", static line => line.Name).Unit("value", static line => line.Kpi.Value)
        .Unit("previous", static line => line.Kpi.Previous).Word("unit", static line => line.Kpi.Unit)
        .Text("definition", static line => line.Kpi.Definition);

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

    private static readonly ReportColumns<ChurnReasonView> ReasonColumns = new ReportColumns<ChurnReasonView>()
        .Text("reason", static line => line.Reason).Number("customers", static line => line.Customers)
        .Minor("mrr", static line => line.Mrr);

    public static void Map(IEndpointRouteBuilder app) => Report(app.ServiceProvider).Map(
        app, KpiDescriptions.Kpis, WireJson.Default.KpisView, "key figures", "arr,417600,348000,minor,12 × MRR.");

    internal static Report<KpisView, (string Name, KpiView Kpi)> Report(IServiceProvider services) =>
        Of(services, Columns, LinesOf);

    /// <summary>The reasons of churn among the key figures.</summary>
    internal static Report<KpisView, ChurnReasonView> Reasons(IServiceProvider services) =>
        Of(services, ReasonColumns, static view => view.Churn.ByReason);

    private static Report<KpisView, TLine> Of<TLine>(
        IServiceProvider services, ReportColumns<TLine> columns, Func<KpisView, IEnumerable<TLine>> lines)
    {
        var queries = services.GetRequiredService<KpiQueries>();
        return new()
        {
            Path = "/v1/analytics/kpis", Columns = columns, Read = request => ReadAsync(request, queries), Lines = lines,
            Unconverted = static view => view.Unconverted,
        };
    }

    /// <summary>The figures in the order of <see cref="Table"/>.</summary>
    private static IEnumerable<(string Name, KpiView Kpi)> LinesOf(KpisView view)
    {
        KpiView[] all =
        [
            view.Mrr, view.Arr, view.Customers, view.Arpu, view.Ltv, view.Cac, view.Churn.Logo, view.Churn.Gross, view.Churn.Net,
            view.TrialConversion, view.UpgradeRate, view.DowngradeRate, view.PaymentSuccess, view.GrossMargin,
        ];
        return Table.Select(static kpi => kpi.Name).Zip(all);
    }

    private static async Task<KpisView?> ReadAsync(ReportRequest request, KpiQueries queries)
    {
        var (from, to) = ReportDays.Read30Days(request);
        if (request.Faults.Any)
        {
            return null;
        }

        var report = await queries.ReadAsync(
            request.Project, ReportSpan.Of(from, to, request.Project.Zone), request.Now, request.Cancel);
        return new()
        {
            From = from, To = to, PreviousFrom = report.Before.From, PreviousTo = report.Before.To,
            Currency = request.Project.Currency, Mrr = ViewOf(report, "mrr"), Arr = ViewOf(report, "arr"),
            Customers = ViewOf(report, "customers"), Arpu = ViewOf(report, "arpu"), Ltv = ViewOf(report, "ltv"),
            Cac = ViewOf(report, "cac"),
            Churn = new(
                ViewOf(report, "churn.logo"), ViewOf(report, "churn.gross"), ViewOf(report, "churn.net"),
                [.. report.Current.Lost.Select(static lost => new ChurnReasonView(lost.Reason, lost.Customers, lost.Mrr.Minor))]),
            TrialConversion = ViewOf(report, "trial_conversion"), UpgradeRate = ViewOf(report, "upgrade_rate"),
            DowngradeRate = ViewOf(report, "downgrade_rate"), PaymentSuccess = ViewOf(report, "payment_success"),
            GrossMargin = ViewOf(report, "gross_margin"), Unconverted = report.Unconverted,
        };
    }

    private static KpiView ViewOf(KpiReport report, string name)
    {
        var (_, unit, definition, of) = Array.Find(Table, kpi => kpi.Name == name);
        return new(of(report.Current), of(report.Previous), unit, definition);
    }
}
