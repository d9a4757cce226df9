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

    private static readonly ReportColumns<Line> Columns = new ReportColumns<Line>()
        .Text("month", static line => line.Month).Text("figure", static line => line.Figure).Text("name", static line => line.Name)
        .Text("unit", static line => line.Unit).Number("value", static line => line.Value);

    private sealed record Line(string? Month, string Figure, string? Name, string? Unit, decimal? Value);

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<SuccessQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        new Report<SuccessView, Line>
        {
            Path = "/v1/analytics/success", Columns = Columns, Read = request => ReadAsync(request, queries),
            Lines = static view => view.Months.Append(view.Total).SelectMany(LinesOf),
        }.Map(app, SuccessDescriptions.Success, WireJson.Default.SuccessView, "customer success", "2026-10,csat_mean,,,4.2");
        app.MapGet("/v1/customers/{id}/success", (RequestDelegate)(context => OfCustomerAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(SuccessDescriptions.OfCustomer);
    }

    private static async Task OfCustomerAsync(HttpContext context, SuccessQueries queries, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        var (from, to) = Whole(ReportDays.ReadMonths(context.Request.Query, clock.Now(project), project.Zone, faults));
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await (await OfCustomerAsync(project, id, (from, to), queries, context.RequestAborted) is { } view
            ? Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.CustomerSuccessView)
            : Problems.WriteAsync(context, ErrorCode.CustomerNotFound));
    }

    /// <summary>Null: the customer does not exist.</summary>
    /// <param name="days">The first and the last day of whole months.</param>
    internal static async Task<CustomerSuccessView?> OfCustomerAsync(
        ProjectSnapshot project, string id, (DateOnly From, DateOnly To) days, SuccessQueries queries, CancellationToken cancel) =>
        await queries.OfCustomerAsync(project, id, days.From, days.To, cancel) is not { } found
            ? null
            : new()
            {
                Customer = id, From = days.From, To = days.To, SignedUpAt = found.SignedUpAt.ToOffset(),
                OnboardedAt = found.OnboardedAt?.ToOffset(), FirstValueAt = found.FirstValueAt?.ToOffset(),
                HoursToValue = Hours(found.TimeToValue), LastCsat = found.LastScore is var (score, at) ? new(score, at.ToOffset()) : null,
                Total = ViewOf(null, found.Total),
                Months = [.. found.Months.Select(static month => ViewOf(CostViews.MonthOf(month.Month), month.Figures))],
            };

    private static async Task<SuccessView?> ReadAsync(ReportRequest request, SuccessQueries queries)
    {
        var (from, to) = Whole(ReportDays.ReadMonths(request));
        if (request.Faults.Any)
        {
            return null;
        }

        var report = await queries.ReportAsync(request.Project, from, to, request.Now, request.Cancel);
        return new(
            from, to, ViewOf(null, report.Total),
            [.. report.Months.Select(static month => ViewOf(CostViews.MonthOf(month.Month), month.Figures))]);
    }

    /// <summary>The first and the last day of whole months.</summary>
    internal static (DateOnly From, DateOnly To) Whole((DateOnly From, DateOnly To) days) =>
        (new(days.From.Year, days.From.Month, 1), new DateOnly(days.To.Year, days.To.Month, 1).AddMonths(1).AddDays(-1));

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

    private static CsatView CsatOf(SignalFigures one) => new(one.Responses, one.MeanScore?.Rounded, one.Satisfied?.Rounded, one.Scores);

    private static IReadOnlyList<ValueView> ValuesOf(SignalFigures one) =>
    [
        .. one.Values.Select(static value => new ValueView(TextOf(value.Name), TextOf(value.Unit), value.Signals, value.Total.Value)),
    ];

    private static string? TextOf(string text) => text.Length == 0 ? null : text;

    private static decimal? Hours(TimeSpan? time) => time is { } span
        ? decimal.Round((decimal)span.Ticks / TimeSpan.TicksPerHour, HourDecimals, MidpointRounding.AwayFromZero)
        : null;

    private static IEnumerable<Line> LinesOf(SuccessFiguresView of)
    {
        yield return Plain("customers", of.Customers);
        yield return Plain("signed_up", of.SignedUp);
        yield return Plain("onboarding_completed", of.Onboarding.Completed);
        yield return Plain("onboarding_rate", of.Onboarding.Rate);
        yield return Plain("customers_to_value", of.TimeToValue.Customers);
        yield return Plain("hours_to_value_median", of.TimeToValue.MedianHours);
        yield return Plain("hours_to_value_p90", of.TimeToValue.P90Hours);
        yield return Plain("tickets", of.Tickets.Count);
        yield return Plain("tickets_per_customer", of.Tickets.PerCustomer);
        yield return Plain("csat_mean", of.Csat.Mean);
        yield return Plain("csat_satisfied", of.Csat.Satisfied);
        for (var score = 0; score < of.Csat.Scores.Count; score++)
        {
            yield return new(of.Month, "csat_responses", $"{score + 1}", null, of.Csat.Scores[score]);
        }

        foreach (var value in of.Values)
        {
            yield return new(of.Month, "value", value.Name, value.Unit, value.Total);
        }

        foreach (var band in of.ChurnByCsat)
        {
            yield return new(of.Month, "churn_customers", band.Csat, null, band.Customers);
            yield return new(of.Month, "churn_lost", band.Csat, null, band.Lost);
            yield return new(of.Month, "churn_rate", band.Csat, null, band.Rate);
        }

        Line Plain(string figure, decimal? value) => new(of.Month, figure, null, null, value);
    }
}
