using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>C: <c>/billing/create-checkout-session</c>, <c>/billing/create-portal-session</c>, <c>/billing/status</c>.</summary>
internal static class ResumeAtsBillingDoor
{
    private const string Tag = "Billing";

    private const string Error = "billing_error";

    /// <summary><c>{"detail": {"error", "detail"}}</c>; faults of the key or the body are a sentence, as in the seed's framework.</summary>
    public static readonly ErrorShape Shape = new((context, problem) =>
        problem.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status422UnprocessableEntity
            or StatusCodes.Status413PayloadTooLarge
        || problem.Code == ErrorCode.MalformedJson.Code
            ? SeedErrors.Shape.WriteAsync(context, problem)
            : WriteAsync(
                context, problem.Status, problem.Code == ErrorCode.BillingNotConfigured.Code ? problem.Code : Error,
                problem.Detail ?? problem.Title));

    public static void MapResumeAtsBilling(this WebApplication app, BillingDeps deps)
    {
        var sessions = app.Services.GetRequiredService<PortalSessions>();
        app.MapPost("/billing/create-portal-session", (RequestDelegate)(context => OpenPortalAsync(context, deps, sessions)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.BillingWrite)
            .WithSecretAnswer()
            .WithSeedErrors(Shape)
            .Describe(Portal);
        app.MapGet("/billing/status", (RequestDelegate)(context => StatusAsync(context, deps)))
            .RequireKey(Access.Secret | Access.Public | Access.CustomerToken | Access.Keyless, Scope.CatalogRead)
            .OfProduct(ResumeAtsDoor.Product)
            .WithSeedErrors()
            .Describe(Status);
    }

    public static async Task CheckOutAsync(HttpContext context, BillingDeps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ResumeAtsCheckout) is not { } body
            || await SeedCallers.CustomerAsync(context) is not { } customer)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Plan, "plan");
        CheckoutEndpoints.Address(body.SuccessUrl, "success_url", true, faults);
        CheckoutEndpoints.Address(body.CancelUrl, "cancel_url", true, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        // Without Stripe's keys the seed knows no price ids, so it answers as to a plan that it does not sell.
        var plans = SeedBilling.PaidPlans(context.Project());
        if (!plans.Contains(body.Plan!, StringComparer.Ordinal) || !deps.IsConfigured(context.Project()))
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, Error, $"Invalid plan type. Must be {Listed(plans)}.");
        }
        else if (await deps.CheckOutAsync(context, customer, body.Plan!, body.SuccessUrl!, body.CancelUrl!) is var (id, page))
        {
            await Answer.Json(
                context, StatusCodes.Status200OK, new SeedCheckout(page.AbsoluteUri) { SessionId = id },
                WireJson.Default.SeedCheckout);
        }
    }

    private static async Task OpenPortalAsync(HttpContext context, BillingDeps deps, PortalSessions sessions)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ResumeAtsPortal, new()) is not { } body
            || await SeedCallers.CustomerAsync(context) is not { } customer)
        {
            return;
        }

        var (faults, project) = (new Faults(), context.Project());
        CheckoutEndpoints.Address(body.ReturnUrl, "return_url", false, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
        }
        else if (!deps.IsConfigured(project))
        {
            await BillingDeps.RefuseAsync(context);
        }
        else if (await PageAsync(context, deps, sessions, customer, body.ReturnUrl) is not { } page)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
        }
        else
        {
            await Answer.Json(
                context, StatusCodes.Status200OK, new ResumeAtsPortalOpened(page.AbsoluteUri), WireJson.Default.ResumeAtsPortalOpened);
        }
    }

    /// <summary>The provider's page if it has one for the customer, else Tollgate's own. Null: there is no such customer.</summary>
    private static async ValueTask<Uri?> PageAsync(
        HttpContext context, BillingDeps deps, PortalSessions sessions, string customer, string? returnUrl)
    {
        var (project, server) = (context.Project(), PublicAddress.Of(context));
        var back = returnUrl ?? HomeOf(project);

        // First, so that Tollgate asks no provider about a customer who does not exist.
        if (await sessions.OpenAsync(project, customer, back, Issuer.Of(context.Caller()), context.RequestAborted) is not { } session)
        {
            return null;
        }

        var provider = deps.Providers.Find(project.Payments.Provider);
        var theirs = provider?.Capabilities.HasPortal == true
            ? await provider.OpenPortalAsync(project, new(customer, null, null), back is null ? server : new(back), context.RequestAborted)
            : null;
        return theirs ?? new(server, "/portal/" + session.Token);
    }

    private static Task StatusAsync(HttpContext context, BillingDeps deps)
    {
        var isConfigured = deps.IsConfigured(context.Project());
        return Answer.Json(
            context, StatusCodes.Status200OK,
            new ResumeAtsBillingStatus(
                isConfigured ? "ok" : "not_configured", isConfigured, CatalogWords.Of(context.Project().Payments.Provider)),
            WireJson.Default.ResumeAtsBillingStatus);
    }

    /// <summary>Null: the catalogue names no absolute URL.</summary>
    private static string? HomeOf(ProjectSnapshot project) =>
        Uri.TryCreate(project.Catalog.Document.UpgradeUrl, UriKind.Absolute, out var home) && home.Scheme is "http" or "https"
            ? home.AbsoluteUri
            : null;

    private static Task WriteAsync(HttpContext context, int status, string error, string detail) =>
        Answer.Json(
            context, status, new SeedError<ResumeAtsBillingError>(new(error, detail)),
            WireJson.Default.SeedErrorResumeAtsBillingError);

    /// <summary><c>'pro' or 'elite'</c>.</summary>
    private static string Listed(IReadOnlyList<string> plans) => plans switch
    {
        [] => "none",
        [var only] => $"'{only}'",
        _ => $"{string.Join(", ", plans.SkipLast(1).Select(static plan => $"'{plan}'"))} or '{plans[^1]}'",
    };

    private static readonly Description Portal = new(
        Tag,
        "Create a portal session",
        "Creates a page with the plan, invoices and cards of the customer of the token or of the header "
            + $"`{SeedCallers.Header}`. The product documents no bodies.")
    {
        Request = Example.Of<ResumeAtsPortal>("""{"return_url": "http://localhost:3000/billing"}"""),
        BodyMayBeAbsent = true,
        Answers =
        [
            Example.Of<ResumeAtsPortalOpened>(200, "The page, for an hour.", """{"portal_url": "http://localhost:8080/portal/4Tq8…"}"""),
            Example.Of<SeedError<ResumeAtsBillingError>>(
                404, "The project has no such customer.",
                """{"detail": {"error": "billing_error", "detail": "The customer does not exist"} }"""),
        ],
    };

    private static readonly Description Status = new(
        Tag, "Billing status",
        "Says whether customers can pay, and which provider takes the money. The product documents no body. Without a key, "
            + "it is the status of the project of the path or host name, else of the default project, else of this product's.")
    {
        Answers = [
            Example.Of<ResumeAtsBillingStatus>(200, "Its status.", """{"status": "ok", "configured": true, "provider": "stripe"}""")],
    };
}
