using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// The guard of a seed: it checks and records in one step, without the seeds' race. The seed's app calls the door before it does the work,
/// at the path of its own guarded route.
/// </summary>
internal static class SeedGuard
{
    /// <summary>
    /// Maps a route that a seed guards, for the customer of a token or the customer that the app names with its secret key.
    /// </summary>
    public static void MapGuard(this IEndpointRouteBuilder app, string path, Description description, RequestDelegate guard) =>
        app.MapPost(path, guard)
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.GateWrite)
            .WithOwnIdempotency()
            .WithLoad(Load.Light)
            .WithSeedErrors()
            .Describe(description);

    /// <summary>
    /// Consumes, and returns a decision that the seeds have shapes for: allowed, or refused by a quota. Null: the problem is written,
    /// because the seed has no shape for it (no customer, unknown feature, no database, rate limit), or because the subscription is not
    /// active, for which every door answers as E does. The header <c>Idempotency-Key</c> makes a repeat safe.
    /// </summary>
    /// <param name="route">The route to record, for two routes of one use; null: the request's own.</param>
    /// <param name="keepsOrigin">True: the event keeps the request's id, address and user agent.</param>
    public static async ValueTask<Decision?> ConsumeAsync(
        HttpContext context, QuotaGate gate, string feature, Quantity amount, string? route = null, bool keepsOrigin = false)
    {
        if (await SeedCallers.CustomerAsync(context) is not { } customer)
        {
            return null;
        }

        var faults = new Faults();
        var id = Idempotency.IdFor(context, null, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return null;
        }

        var order = new ConsumeOrder(customer, feature, amount, id, null, PropertiesOf(route ?? context.Request.Path.Value!))
        {
            IsOfToken = SeedCallers.IsOfToken(context), OriginJson = keepsOrigin ? SeedOrigin.Of(context) : null,
        };
        var answer = await gate.ConsumeAsync(context.Project(), order, context.RequestAborted);
        switch (answer.Decision)
        {
            case null:
                await WriteFaultAsync(context, answer.Fault);
                return null;
            case { Outcome: Outcome.RateLimited or Outcome.ConcurrencyLimited } denied:
                // The seeds know only quotas, so the answer says when to retry.
                await Problems.WriteAsync(context, Problem.Of(ErrorCode.RateLimited), denied.RetryAfter);
                return null;
            case { Outcome: Outcome.SubscriptionInactive }:
                await SeedErrors.WriteAsync(context, StatusCodes.Status402PaymentRequired, "Active subscription required");
                return null;
            case var decision:
                return decision;
        }
    }

    public static Task WriteFaultAsync(HttpContext context, GateFault fault) => Problems.WriteAsync(
        context, OutcomeMap.Code(fault) ?? throw new InvalidOperationException("Neither a decision nor a fault came back."));

    /// <summary>
    /// The route, as in E's usage records. It contains nothing that differs between a request and its repeat, which would be other content
    /// under the same id.
    /// </summary>
    private static string PropertiesOf(string route) =>
        new JsonObject { ["endpoint"] = route }.ToJsonString(JsonSerializerOptions.Default);
}
