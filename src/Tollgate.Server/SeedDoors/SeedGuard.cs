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
/// What a seed's guard does in one step, and without the seeds' race: check and record. The seed's app calls the door
/// before it does the work, at the path that its own guarded route has.
/// </summary>
internal static class SeedGuard
{
    /// <summary>A route that a seed guards: for the customer of a token or the one that the app names with its secret key.</summary>
    public static void MapGuard(this IEndpointRouteBuilder app, string path, Description description, RequestDelegate guard) =>
        app.MapPost(path, guard)
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.GateWrite)
            .WithOwnIdempotency()
            .WithLoad(Load.Light)
            .WithSeedErrors()
            .Describe(description);

    /// <summary>
    /// The decision, allowed or refused by a quota: what the seeds have shapes for. Null when there is nothing to say in
    /// the seed's own shape (nobody named, unknown feature, no database, too fast), or the subscription is not active, which every door
    /// says as E does; then the problem is written. The
    /// header <c>Idempotency-Key</c> makes a repeat harmless.
    /// </summary>
    public static async ValueTask<Decision?> ConsumeAsync(HttpContext context, QuotaGate gate, string feature, Quantity amount)
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

        var order = new ConsumeOrder(customer, feature, amount, id, null, PropertiesOf(context))
        {
            IsOfToken = SeedCallers.IsOfToken(context),
        };
        var answer = await gate.ConsumeAsync(context.Project(), order, context.RequestAborted);
        switch (answer.Decision)
        {
            case null:
                await WriteFaultAsync(context, answer.Fault);
                return null;
            case { Outcome: Outcome.RateLimited or Outcome.ConcurrencyLimited } denied:
                // Waiting helps; the seeds know only quotas, so they are told when to come back.
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
    /// Which route it was, as E's usage records keep it. Nothing that differs between a request and its repeat: that would
    /// be other content under the same id.
    /// </summary>
    private static string PropertiesOf(HttpContext context) =>
        new JsonObject { ["endpoint"] = context.Request.Path.Value }.ToJsonString(JsonSerializerOptions.Default);
}
