using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;
using Tollgate.Server.Projects;

namespace Tollgate.Server.Invoicing;

/// <summary><c>/v1/coupons</c>. A coupon's terms never change: end it and create another.</summary>
public static class CouponEndpoints
{
    private const int LongestCode = 64;
    private const int MostPlans = 100;
    private const decimal SmallestStep = 0.0001m;

    public static void MapCoupons(this WebApplication app)
    {
        var coupons = app.Services.GetRequiredService<CouponQueries>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapPost("/v1/coupons", app.Counted(Thing.Coupon, context => CreateAsync(context, coupons, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(CouponDescriptions.Create);
        app.MapGet("/v1/coupons", (RequestDelegate)(context => ListAsync(context, coupons)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CouponDescriptions.List);
        app.MapGet("/v1/coupons/{code}", (RequestDelegate)(context => ShowAsync(context, coupons)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CouponDescriptions.Show);
        app.MapDelete("/v1/coupons/{code}", (RequestDelegate)(context => EndAsync(context, coupons)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(CouponDescriptions.End);
    }

    private static async Task CreateAsync(HttpContext context, CouponQueries coupons, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateCouponRequest) is not { } body)
        {
            return;
        }

        var (project, now, faults) = (context.Project(), clock.Now(context.Project()), new Faults());
        var coupon = CouponOf(body, context.Caller(), now, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await (await coupons.CreateAsync(project, coupon, now, context.RequestAborted)
            ? Answer.Json(
                context, StatusCodes.Status201Created, InvoiceAnswers.Of(new CouponRow(coupon, 0, true, now)),
                WireJson.Default.CouponView)
            : Problems.WriteAsync(context, ErrorCode.CouponExists, param: "code"));
    }

    private static async Task ListAsync(HttpContext context, CouponQueries coupons)
    {
        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await coupons.ListAsync(context.Project(), list.Probe, list.StartingAfter, context.RequestAborted);
        await list.AnswerAsync(rows, InvoiceAnswers.Of, static (data, more) => new(data, more), WireJson.Default.CouponList);
    }

    private static async Task ShowAsync(HttpContext context, CouponQueries coupons)
    {
        var found = await coupons.FindAsync(context.Project(), RawPath.Id(context), context.RequestAborted);
        await (found is null
            ? RefuseAsync(context)
            : Answer.Json(context, StatusCodes.Status200OK, InvoiceAnswers.Of(found), WireJson.Default.CouponView));
    }

    private static async Task EndAsync(HttpContext context, CouponQueries coupons)
    {
        var isKnown = await coupons.EndAsync(context.Project(), RawPath.Id(context), context.RequestAborted);
        await (isKnown ? ShowAsync(context, coupons) : RefuseAsync(context));
    }

    private static async Task RefuseAsync(HttpContext context) =>
        await Problems.WriteAsync(context, ErrorCode.CouponNotFound, await UnknownNames.CouponAsync(context, RawPath.Id(context)));

    private static Coupon CouponOf(CreateCouponRequest body, Caller caller, Instant now, Faults faults)
    {
        var project = caller.Project!;
        if (faults.Required(body.Code, "code") && !IsCode(body.Code!))
        {
            faults.Add(
                "code", FaultCode.InvalidFormat, $"1 to {LongestCode} letters, digits and . _ - are expected, a letter or digit first.");
        }

        if (body.PercentOff is null == body.AmountOff is null)
        {
            faults.Add("percent_off", FaultCode.InvalidValue, "percent_off or amount_off is expected, one of them.");
        }

        if (body.PercentOff is > 0 and < 1 and var fraction)
        {
            faults.Add("percent_off", FaultCode.OutOfRange,
                $"At least 1 percent is expected: send 20 for 20 percent; {fraction.ToString("0.####", CultureInfo.InvariantCulture)} was "
                    + $"sent, which is {fraction.ToString("0.####", CultureInfo.InvariantCulture)} percent.");
        }
        else if (body.PercentOff is { } percent && (percent is <= 0 or > 100 || percent % SmallestStep != 0))
        {
            faults.Add("percent_off", FaultCode.OutOfRange, "1 to 100 with at most 4 decimals is expected.");
        }

        faults.Range(body.AmountOff, "amount_off", 1, long.MaxValue / 2);
        var currency = faults.Currency(body.Currency ?? project.Currency, "currency");
        CheckDuration(body, faults);
        faults.Range(body.MaxRedemptions, "max_redemptions", 1, int.MaxValue);
        faults.Range(body.Plans?.Count, "plans", 1, MostPlans);
        foreach (var unknown in (body.Plans ?? []).Where(plan => !project.Catalog.Plans.ContainsKey(plan)))
        {
            faults.Add("plans", FaultCode.InvalidValue, UnknownNames.Plan(caller, unknown));
        }

        Instant? ends = body.ExpiresAt is { } at ? Instant.From(at) : null;
        if (ends <= now)
        {
            faults.Add("expires_at", FaultCode.OutOfRange, $"A time after {now} is expected.");
        }

        return new()
        {
            Code = body.Code ?? "",
            PercentOff = body.PercentOff is { } rate ? new Percent(rate) : null,
            AmountOff = body.AmountOff is { } minor && currency is not null ? new MoneyAmount(minor, currency) : null,
            Duration = CatalogWords.TryParse<CouponDuration>(body.Duration ?? "once", out var duration) ? duration : default,
            Months = body.Months,
            CarryOver = body.CarryOver ?? false,
            MaxRedemptions = body.MaxRedemptions,
            FirstTimeOnly = body.FirstTimeOnly ?? false,
            Plans = body.Plans,
            ExpiresAt = ends,
        };
    }

    private static void CheckDuration(CreateCouponRequest body, Faults faults)
    {
        faults.OneOf(body.Duration, "duration", [.. CatalogWords.All<CouponDuration>()]);
        if (body.Duration == "repeating" ? body.Months is null : body.Months is not null)
        {
            faults.Add("months", FaultCode.InvalidValue, "Send months with duration repeating, and only with it.");
        }

        faults.Range(body.Months, "months", 1, CouponRules.LargestMonths);
        if (body.CarryOver == true && (body.AmountOff is null || body.Duration is not (null or "once")))
        {
            faults.Add(
                "carry_over", FaultCode.InvalidValue,
                "Only an amount that applies once can carry over: amount_off with duration once.");
        }
    }

    private static bool IsCode(string code) =>
        code.Length <= LongestCode && code.Length > 0 && char.IsAsciiLetterOrDigit(code[0])
            && code.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
