using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Costs;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary>
/// <c>/v1/analytics/success</c> and <c>/v1/customers/{id}/success</c>: onboarding, time to value, tickets, scores and values by month.
/// </summary>
internal static class SuccessEndpoints
{
    private const int HourDecimals = 2;

    private static readonly string[] Columns = ["month", "figure", "name", "unit", "value"];

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<SuccessQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapGet("/v1/analytics/success", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(SuccessDescriptions.Success);
        app.MapGet("/v1/analytics/success.csv", (RequestDelegate)(context => CsvAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(SuccessDescriptions.SuccessCsv);
        app.MapGet("/v1/customers/{id}/success", (RequestDelegate)(context => OfCustomerAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(SuccessDescriptions.OfCustomer);
    }

    private static async Task ShowAsync(HttpContext context, SuccessQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is { } view)
        {
            await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.SuccessView);
        }
    }

    private static async Task CsvAsync(HttpContext context, SuccessQueries queries, Clock clock)
    {
        if (await ReadAsync(context, queries, clock) is { } view)
        {
            await CsvExport.WriteAsync(
                context, "success", Columns, view.Months.Append(view.Total).SelectMany(LinesOf), static (csv, line) =>
                    csv.Plain(line.Month).Next().Plain(line.Figure).Next().Cell(line.Name).Next().Cell(line.Unit).Next()
                        .Plain(line.Value).End());
        }
    }

    private static async Task OfCustomerAsync(HttpContext context, SuccessQueries queries, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id || await MonthsAsync(context, clock) is not var (from, to))
        {
            return;
        }

        if (await queries.OfCustomerAsync(context.Project(), id, from, to, context.RequestAborted) is not { } found)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        var view = new CustomerSuccessView
        {
            Customer = id, From = from, To = to, SignedUpAt = found.SignedUpAt.ToOffset(), OnboardedAt = found.OnboardedAt?.ToOffset(),
            FirstValueAt = found.FirstValueAt?.ToOffset(), HoursToValue = Hours(found.TimeToValue),
            LastCsat = found.LastScore is var (score, at) ? new(score, at.ToOffset()) : null,
            Total = ViewOf(null, found.Total),
            Months = [.. found.Months.Select(static month => ViewOf(CostViews.MonthOf(month.Month), month.Figures))],
        };
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerSuccessView);
    }

    /// <summary>Null: the problem is written.</summary>
    private static async Task<SuccessView?> ReadAsync(HttpContext context, SuccessQueries queries, Clock clock)
    {
        if (await MonthsAsync(context, clock) is not var (from, to))
        {
            return null;
        }

        var project = context.Project();
        var report = await queries.ReportAsync(project, from, to, clock.Now(project), context.RequestAborted);
        return new(
            from, to, ViewOf(null, report.Total),
            [.. report.Months.Select(static month => ViewOf(CostViews.MonthOf(month.Month), month.Figures))]);
    }

    /// <summary>The first and the last day of whole months; null: the problem is written.</summary>
    private static async Task<(DateOnly From, DateOnly To)?> MonthsAsync(HttpContext context, Clock clock)
    {
        var faults = new Faults();
        var (from, to) = ReportDays.ReadMonths(context, clock.Now(context.Project()), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        return (new(from.Year, from.Month, 1), new DateOnly(to.Year, to.Month, 1).AddMonths(1).AddDays(-1));
    }

    private static SuccessFiguresView ViewOf(string? month, SuccessFigures one) => new()
    {
        Month = month, Customers = one.Customers, SignedUp = one.SignedUp, Onboarding = new(one.Onboarded, one.OnboardingRate?.Rounded),
        TimeToValue = new(one.TimeToValue.Customers, Hours(one.TimeToValue.Median), Hours(one.TimeToValue.P90)),
        Tickets = new(one.Signals.Tickets, one.TicketsPerCustomer?.Rounded), Csat = CsatOf(one.Signals), Values = ValuesOf(one.Signals),
        ChurnByCsat =
        [
            .. one.Churn.Select(static band => new CsatChurnView(
                CatalogWords.Of(band.Band), band.Customers, band.Lost, band.Rate?.Rounded)),
        ],
    };

    private static CustomerSignalsView ViewOf(string? month, SignalFigures one) => new(month, one.Tickets, CsatOf(one), ValuesOf(one));

    private static CsatView CsatOf(SignalFigures one) => new(one.Responses, one.MeanScore, one.Satisfied?.Rounded, one.Scores);

    private static IReadOnlyList<ValueView> ValuesOf(SignalFigures one) =>
    [
        .. one.Values.Select(static value => new ValueView(TextOf(value.Name), TextOf(value.Unit), value.Signals, value.Total)),
    ];

    private static string? TextOf(string text) => text.Length == 0 ? null : text;

    private static decimal? Hours(TimeSpan? time) => time is { } span
        ? decimal.Round((decimal)span.Ticks / TimeSpan.TicksPerHour, HourDecimals, MidpointRounding.AwayFromZero)
        : null;

    private static IEnumerable<(string? Month, string Figure, string? Name, string? Unit, decimal? Value)> LinesOf(SuccessFiguresView of)
    {
        yield return Line("customers", of.Customers);
        yield return Line("signed_up", of.SignedUp);
        yield return Line("onboarding_completed", of.Onboarding.Completed);
        yield return Line("onboarding_rate", of.Onboarding.Rate);
        yield return Line("customers_to_value", of.TimeToValue.Customers);
        yield return Line("hours_to_value_median", of.TimeToValue.MedianHours);
        yield return Line("hours_to_value_p90", of.TimeToValue.P90Hours);
        yield return Line("tickets", of.Tickets.Count);
        yield return Line("tickets_per_customer", of.Tickets.PerCustomer);
        yield return Line("csat_mean", of.Csat.Mean);
        yield return Line("csat_satisfied", of.Csat.Satisfied);
        for (var score = 0; score < of.Csat.Scores.Count; score++)
        {
            yield return (of.Month, "csat_responses", $"{score + 1}", null, of.Csat.Scores[score]);
        }

        foreach (var value in of.Values)
        {
            yield return (of.Month, "value", value.Name, value.Unit, value.Total);
        }

        foreach (var band in of.ChurnByCsat)
        {
            yield return (of.Month, "churn_customers", band.Csat, null, band.Customers);
            yield return (of.Month, "churn_lost", band.Csat, null, band.Lost);
            yield return (of.Month, "churn_rate", band.Csat, null, band.Rate);
        }

        (string?, string, string?, string?, decimal?) Line(string figure, decimal? value) => (of.Month, figure, null, null, value);
    }
}
