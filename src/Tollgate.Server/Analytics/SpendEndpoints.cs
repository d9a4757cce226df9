using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Http;
using Tollgate.Core.Analytics;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Analytics;

/// <summary><c>/v1/analytics/spend</c>: the recorded spend on acquisition, from which CAC is computed.</summary>
internal static class SpendEndpoints
{
    private const int LongestText = 500;

    public static void Map(IEndpointRouteBuilder app)
    {
        var queries = app.ServiceProvider.GetRequiredService<SpendQueries>();
        var clock = app.ServiceProvider.GetRequiredService<Clock>();
        app.MapPost("/v1/analytics/spend", context => AddAsync(context, queries, clock)).RequireKey(Access.Secret, Scope.BillingWrite)
            .WithLoad(Load.Heavy).Describe(KpiDescriptions.AddSpend);
        app.MapGet("/v1/analytics/spend", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.UsageRead).WithLoad(Load.Heavy).Describe(KpiDescriptions.ListSpend);
    }

    private static async Task AddAsync(HttpContext context, SpendQueries queries, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SpendRequest) is not { } body)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        faults.Required(body.Amount, "amount");
        faults.Id(body.Id, "id", required: false);
        faults.Range(body.Amount, "amount", -SubscriptionTerms.LargestAmount, SubscriptionTerms.LargestAmount);
        faults.Text(body.Channel, "channel", LongestText);
        faults.Text(body.Note, "note", LongestText);
        var currency = faults.Currency(body.Currency ?? project.Currency, "currency");
        if (body.Amount == 0)
        {
            faults.Add("amount", FaultCode.OutOfRange, "0 is no spend. An amount in minor units, or a negative correction, is expected.");
        }

        if (body.Day is { Year: < 1971 or > 8999 })
        {
            faults.Add("day", FaultCode.OutOfRange, "A day from 1971 to 8999 is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var spend = new AcquisitionSpend(
            body.Id ?? Guid.CreateVersion7().ToString("D"), body.Day ?? ReportSpan.DayOf(clock.Now(project), project.Zone),
            new MoneyAmount(body.Amount!.Value, currency!), body.Channel, body.Note);
        await (await queries.AddAsync(project, spend, context.RequestAborted)
            ? Answer.Json(context, StatusCodes.Status201Created, ViewOf(spend), WireJson.Default.SpendView)
            : Problems.WriteAsync(context, ErrorCode.IdempotencyKeyReused, Problems.Reused("id", spend.Id), "id"));
    }

    private static async Task ListAsync(HttpContext context, SpendQueries queries)
    {
        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        if (list.StartingAfter is { } after && await queries.FindAsync(context.Project(), after, context.RequestAborted) is null)
        {
            list.RefuseUnknownAfter();
            await list.IsRefusedAsync();
            return;
        }

        var rows = await queries.ListAsync(context.Project(), list.StartingAfter, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.SpendList);
    }

    private static SpendView ViewOf(AcquisitionSpend spend) =>
        new(spend.Id, spend.Day, spend.Amount.Minor, spend.Amount.Currency.Code, spend.Channel, spend.Note);
}
