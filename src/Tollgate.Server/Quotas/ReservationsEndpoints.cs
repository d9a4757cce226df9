using Tollgate.Contracts.Http;
using Tollgate.Contracts.Quotas;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>Reservations: hold units before the work, then settle with the true amount or release. They expire automatically.</summary>
internal static class ReservationsEndpoints
{
    private const string Tag = "Reservations";
    private const int LongestSeconds = 24 * 60 * 60;
    private const int MostFeatures = 50;

    private const string Reserved =
        """
        {"allowed": true, "reason": "within_quota", "feature": "cv_generate", "plan": "free", "limit": 2, "used": 0, "held": 1,
         "remaining": 1, "unlimited": false, "resets_at": "2026-12-01T00:00:00Z",
         "id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "expires_at": "2026-11-21T08:10:00Z", "replayed": false}
        """;

    private const string Settled =
        """
        {"allowed": true, "reason": "within_quota", "feature": "cv_generate", "plan": "free", "limit": 2, "used": 1, "held": 0,
         "remaining": 1, "unlimited": false, "resets_at": "2026-12-01T00:00:00Z",
         "id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "expires_at": null, "replayed": false}
        """;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/reservations", ReserveAsync).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency().WithLoad(Load.Light)
            .Describe(new(Tag, "Reserve",
            "Holds the amounts before the work, for all features or for none. Afterwards, settle with the actual amounts or release the reservation; otherwise it expires after `ttl_seconds`. A repeat of the `id` returns the first reservation.")
        {
            Request = Example.Of<ReserveRequest>("""{"customer": "user_42", "feature": "cv_generate", "amount": 1, "ttl_seconds": 600}"""),
            Answers = [Example.Of<ReservationView>(201, "Reserved", Reserved)],
            Errors =
            [
                ErrorCode.QuotaExceeded, ErrorCode.BudgetExceeded, ErrorCode.FeatureDisabled, ErrorCode.FeatureNotInPlan,
                ErrorCode.RateLimited,
                ErrorCode.FeatureNotFound, ErrorCode.FeatureNotMetered, ErrorCode.LevelNotConsumed, ErrorCode.IdempotencyKeyReused,
                ErrorCode.ValidationFailed,
            ],
        });
        app.MapPost("/v1/reservations/{id}/settle", SettleAsync).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency()
            .WithLoad(Load.Light).Describe(new(Tag, "Settle",
            "Records the actual amounts, which may be less or more than the reserved ones; without amounts, it records the reserved ones. Because the work is done, Tollgate records the amount even beyond the limit (policy `settle_over`). A repeat returns the first settle. Up to 24 hours "
            + "after the expiry Tollgate still records a settle, with `late: true`.")
        {
            Request = Example.Of<SettleRequest>("""{"amount": 1}"""),
            Answers = [Example.Of<ReservationView>(200, "Settled", Settled)],
            Errors = [
                ErrorCode.ReservationNotFound, ErrorCode.ReservationClosed, ErrorCode.ReservationAmbiguous, ErrorCode.FeatureNotFound,
                ErrorCode.EventValueInvalid, ErrorCode.ValidationFailed],
        });
        app.MapPost("/v1/reservations/{id}/extend", ExtendAsync).RequireKey(Access.Secret, Scope.GateWrite).WithOwnIdempotency()
            .WithLoad(Load.Light).Describe(new(Tag, "Extend",
            "Moves the expiry to `ttl_seconds` from now, for work that takes longer. A repeat moves the expiry again.")
        {
            Request = Example.Of<ExtendRequest>("""{"ttl_seconds": 600}"""),
            Answers = [Example.Of<ReservationView>(200, "Extended", Reserved)],
            Errors = [
                ErrorCode.ReservationNotFound, ErrorCode.ReservationClosed, ErrorCode.ReservationAmbiguous, ErrorCode.ValidationFailed],
        });
        app.MapDelete("/v1/reservations/{id}", ReleaseAsync).RequireKey(Access.Secret, Scope.GateWrite).WithLoad(Load.Light)
            .Describe(new(Tag, "Release",
            "Gives the amounts back, because the work was not done. A repeat changes nothing.")
        {
            Answers = [
                Example.Of<ReservationView>(200, "Released", Settled.Replace("\"used\": 1", "\"used\": 0", StringComparison.Ordinal))],
            Errors = [ErrorCode.ReservationNotFound, ErrorCode.ReservationClosed, ErrorCode.ReservationAmbiguous],
            Query = [new("customer", "The reservation's customer, if you know it: a faster lookup.")],
        });
    }

    private static async Task ReserveAsync(HttpContext context)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ReserveRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Id(body.Customer, "customer");
        faults.Id(body.Id, "id", required: false);
        faults.Range(body.TtlSeconds, "ttl_seconds", 1, LongestSeconds);
        if (body.Amounts is null)
        {
            faults.Required(body.Feature, "feature");
        }
        else if (body.Feature is not null || body.Amount is not null || body.Amounts.Count is 0 or > MostFeatures)
        {
            faults.Add("amounts", FaultCode.InvalidValue, $"Send either feature and amount, or amounts with 1 to {MostFeatures} features.");
        }

        var amounts = body.Amounts is null
            ? [new FeatureAmount(body.Feature ?? "", QuotasEndpoints.AmountOf(body.Amount, "amount", faults))]
            : AmountsOf(body.Amounts, faults, mayBeZero: false);
        var id = Idempotency.IdFor(context, body.Id, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        var answer = await Gate(context).ReserveAsync(
            project, new(body.Customer!, amounts, id, SpanOf(body.TtlSeconds)), context.RequestAborted);
        await WriteAsync(context, project, body.Customer, answer, StatusCodes.Status201Created, amounts.Select(static one => one.Feature));
    }

    private static async Task SettleAsync(HttpContext context)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SettleRequest, whenEmpty: new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var id = IdOf(context, faults);
        faults.Id(body.Customer, "customer", required: false);
        if (body is { Amount: not null, Amounts: not null } || body.Amounts is { Count: 0 or > MostFeatures })
        {
            faults.Add("amounts", FaultCode.InvalidValue, $"Send either amount, or amounts with 1 to {MostFeatures} features.");
        }

        IReadOnlyList<FeatureAmount>? amounts = body.Amounts is not null ? AmountsOf(body.Amounts, faults, mayBeZero: true)
            : body.Amount is not null ? [new FeatureAmount("", QuotasEndpoints.AmountOf(body.Amount, "amount", faults, mayBeZero: true))]
            : null;
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        await WriteAsync(
            context, project, body.Customer, await Gate(context).SettleAsync(project, id, body.Customer, amounts, context.RequestAborted),
            features: body.Amounts?.Keys);
    }

    private static async Task ExtendAsync(HttpContext context)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ExtendRequest, whenEmpty: new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var id = IdOf(context, faults);
        faults.Id(body.Customer, "customer", required: false);
        faults.Range(body.TtlSeconds, "ttl_seconds", 1, LongestSeconds);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        await WriteAsync(context, project, body.Customer,
            await Gate(context).ExtendAsync(project, id, body.Customer, SpanOf(body.TtlSeconds), context.RequestAborted));
    }

    private static async Task ReleaseAsync(HttpContext context)
    {
        var faults = new Faults();
        var id = IdOf(context, faults);
        string? customer = context.Request.Query["customer"];
        faults.Id(customer, "customer", required: false);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var project = context.Project();
        await WriteAsync(context, project, customer, await Gate(context).ReleaseAsync(project, id, customer, context.RequestAborted));
    }

    private static QuotaGate Gate(HttpContext context) => context.RequestServices.GetRequiredService<QuotaGate>();

    private static string IdOf(HttpContext context, Faults faults)
    {
        var id = RawPath.Id(context);
        faults.Id(id, "id");
        return id;
    }

    private static TimeSpan? SpanOf(int? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;

    private static List<FeatureAmount> AmountsOf(Dictionary<string, decimal> amounts, Faults faults, bool mayBeZero) =>
        [.. amounts.Select(a => new FeatureAmount(a.Key, QuotasEndpoints.AmountOf(a.Value, $"amounts.{a.Key}", faults, mayBeZero)))];

    private static Task WriteAsync(
        HttpContext context, ProjectSnapshot project, string? customer, GateAnswer answer, int status = StatusCodes.Status200OK,
        IEnumerable<string>? features = null)
    {
        if (GateAnswers.TryWriteProblem(context, project, customer, answer, out var written, features ?? []))
        {
            return written;
        }

        GateAnswers.WriteRateHeaders(context, answer.Decision!);
        return Answer.Json(context, status, GateAnswers.ReservationOf(project, answer), WireJson.Default.ReservationView);
    }
}
