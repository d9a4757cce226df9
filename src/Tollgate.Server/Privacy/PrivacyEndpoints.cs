using Tollgate.Contracts.Http;
using Tollgate.Contracts.Privacy;
using Tollgate.Core;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Privacy;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Privacy;

/// <summary><c>/v1/customers/{id}/export</c>, <c>/erase</c> and <c>/v1/erasures</c>: what the database knows about a person.</summary>
internal static class PrivacyEndpoints
{
    public static void MapPrivacy(this WebApplication app)
    {
        var services = app.Services;
        var (exports, erase) = (services.GetRequiredService<ExportCustomer>(), services.GetRequiredService<EraseCustomer>());
        var (erasures, clock) = (services.GetRequiredService<ErasureQueries>(), services.GetRequiredService<Clock>());
        app.MapGet(
            "/v1/customers/{id}/export", services.GetRequiredService<Exports>().Bounded(context => ExportAsync(context, exports, clock)))
            .RequireKey(Access.Secret, Scope.PrivacyRead).WithLoad(Load.Own).Describe(PrivacyDescriptions.Export);
        app.MapPost("/v1/customers/{id}/erase", (RequestDelegate)(context => EraseAsync(context, erase)))
            .RequireKey(Access.Secret, Scope.PrivacyWrite).Describe(PrivacyDescriptions.Erase);
        app.MapGet("/v1/erasures", (RequestDelegate)(context => ListAsync(context, erasures)))
            .RequireKey(Access.Secret, Scope.PrivacyRead).Describe(PrivacyDescriptions.List);
    }

    private static async Task ExportAsync(HttpContext context, ExportCustomer exports, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        if (await exports.BeginAsync(context.Project(), id, context.RequestAborted) is not { } export)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        await ExportFile.WriteAsync(context, exports, export, context.Project().Code, clock.Now());
    }

    private static async Task EraseAsync(HttpContext context, EraseCustomer erase)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var result = await erase.RunAsync(
            context.Project(), id, SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted);
        await (result switch
        {
            { Blockers: [_, ..] blockers } => Problems.WriteAsync(context, ErrorCode.CustomerInBusiness, DetailOf(blockers)),
            { Erasure: { } erasure } => Answer.Json(context, StatusCodes.Status200OK, ViewOf(erasure), WireJson.Default.ErasureView),
            _ => Problems.WriteAsync(context, ErrorCode.CustomerNotFound),
        });
    }

    private static async Task ListAsync(HttpContext context, ErasureQueries erasures)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await erasures.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ErasureList);
    }

    private static ErasureView ViewOf(Erasure erasure) => new(
        erasure.Id.ToString("D"), erasure.Customer, erasure.Status, erasure.Actor,
        erasure.RequestedAt.ToOffset(), erasure.DoneAt?.ToOffset(), erasure.Changes);

    /// <summary>Names each piece of business, and what ends it.</summary>
    private static string DetailOf(IReadOnlyList<ErasureBlocker> blockers) =>
        "First " + string.Join("; ", blockers.Select(static one => $"{DeedOf(one.Kind)} '{Spelling.Shown(one.Id)}'{WayOf(one.Kind)}"))
            + ".";

    private static string DeedOf(string kind) => kind switch
    {
        "members" => "remove member",
        "member_of" => "remove the customer from",
        "subscription" => "end subscription",
        "invoice" => "settle, void or write off invoice",
        "payment" => "wait for payment",
        "refund" => "wait for refund",
        "dispute" => "close dispute",
        _ => "wait until the provider has line",
    };

    private static string WayOf(string kind) => kind switch
    {
        "members" => " (DELETE /v1/customers/{id}/members/{member})",
        "subscription" => " (POST /v1/subscriptions/{id}/cancel with \"at\": \"now\")",
        "invoice" => " (POST /v1/invoices/{id}/pay, /void or /mark-uncollectible)",
        _ => "",
    };
}
