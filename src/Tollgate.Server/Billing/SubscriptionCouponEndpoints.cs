using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary><c>/v1/subscriptions/{id}/coupons</c>: further coupons of a subscription.</summary>
public static class SubscriptionCouponEndpoints
{
    private const int LongestCode = 64;

    /// <summary>The index of the segment with the code in <c>/v1/subscriptions/{id}/coupons/{code}</c>.</summary>
    private const int CodeSegment = 4;

    private const string Path = "/v1/subscriptions/{id}/coupons";

    public static void MapSubscriptionCoupons(this WebApplication app)
    {
        var deps = new Deps(
            app.Services.GetRequiredService<ChangeSubscription>(), app.Services.GetRequiredService<SubscriptionQueries>(),
            app.Services.GetRequiredService<CouponQueries>(),
            app.Services.GetRequiredService<Clock>());

        app.MapPost(Path, (RequestDelegate)(context => RedeemAsync(context, deps)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(SubscriptionCouponDescriptions.Redeem);
        app.MapGet(Path, (RequestDelegate)(context => ListAsync(context, deps)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionCouponDescriptions.List);
        app.MapDelete(Path + "/{code}", (RequestDelegate)(context => EndAsync(context, deps)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(SubscriptionCouponDescriptions.End);
    }

    private sealed record Deps(ChangeSubscription Change, SubscriptionQueries Subscriptions, CouponQueries Coupons, Clock Clock)
    {
        public Guid IdOf(HttpContext context) => SubscriptionAnswers.IdOf(RawPath.Id(context), Clock.Now());

        public async Task<IReadOnlyList<SubscriptionCouponView>> ViewsAsync(HttpContext context, SubscriptionRow row)
        {
            var now = Clock.Now(context.Project());
            var coupons = await Coupons.OfSubscriptionAsync(row.Partition, row.Account, row.Subscription.Id, context.RequestAborted);
            return [.. coupons.Select(one => ViewOf(one, now))];
        }
    }

    private static async Task RedeemAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RedeemCouponRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Code, "code");
        faults.Text(body.Code, "code", LongestCode);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var request = new StepRequest(SubscriptionAnswers.ActorOf(context.Caller()), body.Preview == true);
        var answer = await deps.Change.RedeemAsync(context.Project(), deps.IdOf(context), body.Code!, request, context.RequestAborted);
        if (SubscriptionAnswers.ProblemOf(answer.Outcome) is var (code, param))
        {
            var unknown = answer.Outcome == SubscriptionOutcome.CouponRefused ? await UnknownNames.CouponAsync(context, body.Code!) : null;
            await Problems.WriteAsync(context, code, unknown ?? answer.Detail, param is null ? null : "code");
        }
        else if (request.Preview)
        {
            var shown = BillingAnswers.ChangeOf(answer, null, context.Project().Zone, answer.Row!.Reference);
            await Answer.Json(context, StatusCodes.Status200OK, shown, WireJson.Default.SubscriptionChangeView);
        }
        else
        {
            await AnswerAsync(context, deps, StatusCodes.Status201Created, answer.Row!, body.Code!);
        }
    }

    private static async Task ListAsync(HttpContext context, Deps deps)
    {
        if (await deps.Subscriptions.FindAsync(context.Project(), deps.IdOf(context), context.RequestAborted) is not { } item)
        {
            await Problems.WriteAsync(context, ErrorCode.SubscriptionNotFound);
            return;
        }

        var list = new SubscriptionCouponList(await deps.ViewsAsync(context, item.Row), false);
        await Answer.Json(context, StatusCodes.Status200OK, list, WireJson.Default.SubscriptionCouponList);
    }

    private static async Task EndAsync(HttpContext context, Deps deps)
    {
        var coupon = RawPath.Segment(context, CodeSegment);
        var request = new StepRequest(SubscriptionAnswers.ActorOf(context.Caller()), Preview: false);
        var answer = await deps.Change.EndCouponAsync(context.Project(), deps.IdOf(context), coupon, request, context.RequestAborted);
        await (SubscriptionAnswers.ProblemOf(answer.Outcome) is not null
            ? SubscriptionAnswers.RefuseAsync(context, answer.Outcome, answer.Detail, coupon: coupon)
            : AnswerAsync(context, deps, StatusCodes.Status200OK, answer.Row!, coupon));
    }

    private static async Task AnswerAsync(HttpContext context, Deps deps, int status, SubscriptionRow row, string code)
    {
        var coupon = (await deps.ViewsAsync(context, row)).Single(one => one.Code == code);
        await Answer.Json(context, status, coupon, WireJson.Default.SubscriptionCouponView);
    }

    private static SubscriptionCouponView ViewOf(RedeemedCoupon one, Instant now) => new()
    {
        Code = one.Coupon.Code,
        PercentOff = one.Coupon.PercentOff?.Value,
        AmountOff = one.Coupon.AmountOff?.Minor,
        Currency = one.Coupon.AmountOff?.Currency.Code,
        Duration = CatalogWords.Of(one.Coupon.Duration),
        CarryOver = one.Coupon.CarryOver,
        RedeemedAt = one.RedeemedAt.ToOffset(),
        EndsAt = one.Redemption.EndsAt?.ToOffset(),
        Invoices = one.Redemption.Used,
        Remaining = one.Redemption.Left?.Minor,
        Active = !one.Redemption.IsSpent && !(one.Redemption.EndsAt <= now),
    };
}

/// <summary>The OpenAPI descriptions of <see cref="SubscriptionCouponEndpoints"/>.</summary>
internal static class SubscriptionCouponDescriptions
{
    private const string Tag = "Subscriptions";

    private const string One =
        """
        {"code": "WELCOME", "percent_off": null, "amount_off": 5000, "currency": "USD", "duration": "once", "carry_over": true,
         "redeemed_at": "2026-03-10T09:00:00Z", "ends_at": null, "invoices": 1, "remaining": 2100, "active": true}
        """;

    public static readonly Description Redeem = new(
        Tag,
        "Redeem another coupon",
        "The coupon reduces the invoices from now on, after the coupons and promotional credits that were redeemed before: "
            + "a percentage applies to the "
        + "remainder. The months of a `repeating` coupon count from now, or from the end of the trial. "
        + "A subscription redeems each coupon once. "
        + "`preview: true` answers 200 with `{subscription, invoice, next_invoice}` and changes nothing.")
    {
        Request = Example.Of<RedeemCouponRequest>("""{"code": "WELCOME"}"""),
        Answers =
        [
            Example.Of<SubscriptionCouponView>(201, "Redeemed.", One),
            Example.Of<SubscriptionChangeView>(
                200, "A preview.",
                $$"""{"subscription": {{SubscriptionDescriptions.One}}, "invoice": null, "next_invoice": {{InvoiceDescriptions.Sample}}}"""),
        ],
        Errors = [ErrorCode.SubscriptionNotFound, ErrorCode.SubscriptionState, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable,
            ErrorCode.CouponRefused, ErrorCode.InvoiceImplausible, ErrorCode.ValidationFailed],
    };

    public static readonly Description List = new(
        Tag, "List coupons of a subscription",
        "Lists the coupons in the order of redemption, in which invoices apply them, used-up and ended ones included.")
    {
        Answers = [Example.Of<SubscriptionCouponList>(200, "All of them.", $$"""{"data": [{{One}}], "has_more": false}""")],
        Errors = [ErrorCode.SubscriptionNotFound],
    };

    public static readonly Description End = new(
        Tag, "End a coupon of a subscription",
        "From now on, the coupon reduces no invoice, even if a part of its amount is left. Issued invoices do not change. "
            + "A repeat changes nothing.")
    {
        Path = new Dictionary<string, string> { ["code"] = "The coupon's code." },
        Answers = [Example.Of<SubscriptionCouponView>(200, "Ended.", One)],
        Errors = [
            ErrorCode.SubscriptionNotFound, ErrorCode.SubscriptionState, ErrorCode.NotAtProvider, ErrorCode.UpstreamUnreachable,
            ErrorCode.CouponNotFound, ErrorCode.InvoiceImplausible],
    };
}
