using System.Globalization;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/exchange-rates</c>: the dated rates with which reports convert currencies.</summary>
internal static class RateEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var rates = app.ServiceProvider.GetRequiredService<RateQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapPut("/v1/exchange-rates", (RequestDelegate)(context => SetAsync(context, rates, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite).Describe(AnalyticsDescriptions.SetRate);
        app.MapGet("/v1/exchange-rates", (RequestDelegate)(context => ListAsync(context, rates)))
            .RequireKey(Access.Secret, Scope.UsageRead).Describe(AnalyticsDescriptions.ListRates);
    }

    private static async Task SetAsync(HttpContext context, RateQueries rates, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ExchangeRateRequest) is not { } body)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        faults.Required(body.Currency, "currency");
        faults.Required(body.Rate, "rate");
        var currency = faults.Currency(body.Currency, "currency");
        if (currency?.Code == project.Currency)
        {
            faults.Add("currency", FaultCode.InvalidValue, $"{project.Currency} is the project's currency: its rate is always 1.");
        }

        if (!UnitPrice.TryParse(body.Rate, out var rate) || rate == UnitPrice.Free)
        {
            faults.Add(
                "rate", FaultCode.InvalidValue,
                $"'{Spelling.Shown(body.Rate ?? "")}' is no rate. A positive decimal number with at most 12 decimals, such as "
                    + $"\"1.0815\", is expected: the {project.Currency} that one unit of the currency buys.");
        }

        if (body.ValidFrom is { Year: < 1971 or > 8999 })
        {
            faults.Add("valid_from", FaultCode.OutOfRange, "A day from 1971 to 8999 is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var from = body.ValidFrom ?? ReportSpan.DayOf(clock.Now(project), project.Zone);
        var row = await rates.SetAsync(project, new(currency!.Code, from, rate), context.RequestAborted);
        await (row is null
            ? Problems.WriteAsync(
                context, ErrorCode.LimitReached, $"A project has at most {RateQueries.Most} exchange rates, replaced ones included.")
            : Answer.Json(context, StatusCodes.Status200OK, ViewOf(row), WireJson.Default.ExchangeRateView));
    }

    private static async Task ListAsync(HttpContext context, RateQueries rates)
    {
        var list = ListQuery.Read(context);
        var currency = list.Faults.Currency(context.Request.Query["currency"], "currency");
        var after = list.NumberAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await rates.ListAsync(context.Project(), currency?.Code, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ExchangeRateList);
    }

    private static ExchangeRateView ViewOf(RateRow row) => new(
        row.Sequence.ToString(CultureInfo.InvariantCulture), row.Rate.Currency, row.Target, row.Rate.Rate.ToString(),
        row.Rate.ValidFrom);
}
