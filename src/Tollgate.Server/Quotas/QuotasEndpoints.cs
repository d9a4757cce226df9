using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Quotas;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>check and consume, the most frequent calls. They read, validate, ask the gate and write, and do nothing else.</summary>
internal static class QuotasEndpoints
{
    private const string Tag = "Quotas";

    /// <summary>A larger value is a mistake of units.</summary>
    private const long MostInputTokens = 100_000_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        // Resolved once: a service scope per request would cost more than the decision of a check.
        var gate = app.ServiceProvider.GetRequiredService<QuotaGate>();
        var guard = app.ServiceProvider.GetRequiredService<GuardLlmCalls>();
        app.MapPost("/v1/check", context => CheckAsync(context, gate, guard)).RequireKey(Access.Secret, Scope.UsageRead).ReadsOnly()
            .WithLoad(Load.Light).Describe(new(Tag, "Check without recording",
            "Says whether the customer may use the amount now. It changes nothing and creates no customer. A later consume may "
            + "have another result: only consume and reservations decide and record in one step. "
            + "With a `model` (and the `input_tokens` of the "
            + "prompt) the answer also has `affordable`: the largest `max_tokens` with which the gateway accepts one call of the model, "
            + "under all limits together.")
        {
            Request = Example.Of<CheckRequest>("""{"customer": "user_42", "feature": "ats_scan", "amount": 1}"""),
            Answers =
            [
                Example.Of<DecisionView>(200, "The decision, allowed or not",
                    """
                    {"allowed": true, "reason": "within_quota", "feature": "ats_scan", "plan": "free", "limit": 2, "used": 1,
                     "held": 0, "remaining": 1, "unlimited": false, "resets_at": "2026-12-01T00:00:00Z"}
                    """),
            ],
            Errors = [ErrorCode.FeatureNotFound, ErrorCode.FeatureNotMetered, ErrorCode.ValidationFailed],
        });
        app.MapPost("/v1/consume", context => ConsumeAsync(context, gate)).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency()
            .WithLoad(Load.Light).Describe(new(Tag, "Decide and record",
            "Decides and records in one durable transaction: when the call answers 200, the use is on disk, and no other request can "
            + "have taken the same units. A refusal records only a count. A repeat of an `id` (or `Idempotency-Key`) "
            + "returns the first result, with `replayed: true`; the same id with different content is a 409.")
        {
            Request = Example.Of<ConsumeRequest>(
                """{"customer": "user_42", "feature": "ats_scan", "amount": 1, "id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f"}"""),
            Answers =
            [
                Example.Of<ConsumedView>(200, "Allowed and recorded",
                    """
                    {"allowed": true, "reason": "within_quota", "feature": "ats_scan", "plan": "free", "limit": 2, "used": 1, "held": 0,
                     "remaining": 1, "unlimited": false, "resets_at": "2026-12-01T00:00:00Z",
                     "id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "replayed": false}
                    """),
            ],
            Errors =
            [
                ErrorCode.QuotaExceeded, ErrorCode.BudgetExceeded, ErrorCode.FeatureDisabled, ErrorCode.FeatureNotInPlan,
                ErrorCode.RateLimited,
                ErrorCode.FeatureNotFound, ErrorCode.FeatureNotMetered, ErrorCode.LevelNotConsumed, ErrorCode.IdempotencyKeyReused,
                ErrorCode.EventTooOld,
                ErrorCode.EventInFuture, ErrorCode.EventValueInvalid, ErrorCode.ValidationFailed,
            ],
        });
    }

    private static async Task CheckAsync(HttpContext context, QuotaGate gate, GuardLlmCalls guard)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CheckRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Id(body.Customer, "customer");
        faults.Required(body.Feature, "feature");
        var amount = AmountOf(body.Amount, "amount", faults, mayBeZero: true);
        faults.Text(body.Model, "model", PriceRules.LongestModel);
        faults.Text(body.Provider, "provider", PriceRules.LongestProvider);
        faults.Range(body.InputTokens, "input_tokens", 0, MostInputTokens);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var answer = await gate.CheckAsync(project, body.Customer!, body.Feature!, amount, context.RequestAborted);
        if (answer.Fault != GateFault.None
            && GateAnswers.TryWriteProblem(context, project, body.Customer, answer, out var refused, body.Feature!))
        {
            await refused;
            return;
        }

        var view = GateAnswers.ViewOf(project, answer.Decision!);
        if (body.Model is { } model)
        {
            if (await gate.StandingAsync(project, body.Customer!, context.RequestAborted) is not { } standing)
            {
                await Problems.WriteAsync(context, ErrorCode.StorageUnavailable);
                return;
            }

            var usage = LlmUsage.Of(
                (LlmUnit.Request, Quantity.One), (LlmUnit.Input, Quantity.Of(UsageEstimate.Reserved(body.InputTokens ?? 0))));
            var call =
                new LlmCall
                {
                    Id = "", Customer = body.Customer!, Feature = project.Catalog.Features[body.Feature!].Code, Provider = body.Provider,
                    Model = model, Usage = usage,
                };
            var foreseen = new ExpectedCall(call, LlmRoutes.OfAnswer(body.Provider, model), new() { Model = model });
            view = view with { Affordable = guard.Affordable(project, standing, foreseen) };
        }

        GateAnswers.WriteRateHeaders(context, answer.Decision!);
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.DecisionView);
    }

    private static async Task ConsumeAsync(HttpContext context, QuotaGate gate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ConsumeRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Id(body.Customer, "customer");
        faults.Required(body.Feature, "feature");
        faults.Id(body.Id, "id", required: false);
        faults.Properties(body.Properties, "properties");
        var amount = AmountOf(body.Amount, "amount", faults);
        var id = Idempotency.IdFor(context, body.Id, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var order = new ConsumeOrder(body.Customer!, body.Feature!, amount, id, InstantOf(body.OccurredAt), JsonOf(body.Properties));
        var answer = await gate.ConsumeAsync(project, order, context.RequestAborted);
        if (GateAnswers.TryWriteProblem(context, project, body.Customer, answer, out var written, body.Feature!))
        {
            await written;
            return;
        }

        GateAnswers.WriteRateHeaders(context, answer.Decision!);
        await Answer.Json(context, StatusCodes.Status200OK, GateAnswers.ConsumedOf(project, answer), WireJson.Default.ConsumedView);
    }

    /// <summary>
    /// Reads units: more than zero unless <paramref name="mayBeZero"/>, at most nine decimals, at most 18 digits before the point.
    /// </summary>
    public static Quantity AmountOf(decimal? given, string param, Faults faults, bool mayBeZero = false)
    {
        var value = given ?? 1m;
        if (!Quantity.TryCreate(value, out var quantity))
        {
            faults.Add(param, FaultCode.OutOfRange, $"At most {Quantity.Scale} decimals and values up to {Quantity.Largest} are accepted.");
        }
        else if (quantity.IsNegative || (quantity.IsZero && !mayBeZero))
        {
            faults.Add(
                param, FaultCode.OutOfRange,
                mayBeZero ? "Zero or more is expected." : "More than zero is expected. To take a use back, void its event.");
        }

        return quantity;
    }

    private static Instant? InstantOf(DateTimeOffset? given) => given is { } at ? Instant.From(at) : null;

    private static string? JsonOf(JsonElement? properties) =>
        properties is { ValueKind: JsonValueKind.Object } given && given.EnumerateObject().MoveNext() ? given.GetRawText() : null;
}
