using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Http;
using Tollgate.Server.Projects;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.SeedDoors;

/// <summary>The shared part of the seeds' payment doors: the path that C and E share, and the checkout behind it.</summary>
internal static class SeedBilling
{
    /// <summary>C's errors contain an object, E's a sentence.</summary>
    private static readonly ErrorShape Shape = new((context, problem) =>
        context.Features.Get<Caller>()?.Project is { } project && !IsTrendit(project)
            ? ResumeAtsBillingDoor.Shape.WriteAsync(context, problem)
            : SeedErrors.Shape.WriteAsync(context, problem));

    public static void MapSeedBilling(this WebApplication app)
    {
        var deps = new BillingDeps(
            app.Services.GetRequiredService<OpenCheckout>(), app.Services.GetRequiredService<PaymentProviders>(),
            app.Services.GetRequiredService<ProviderKeys>());
        app.MapPost(
                "/billing/create-checkout-session",
                app.Counted(
                    Thing.Checkout,
                    context => IsTrendit(context.Project())
                        ? TrenditBillingDoor.CheckOutAsync(context, deps)
                        : ResumeAtsBillingDoor.CheckOutAsync(context, deps)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.BillingWrite)
            .WithSecretAnswer()
            .WithSeedErrors(Shape)
            .Describe(CheckOut);
        app.MapResumeAtsBilling(deps);
        app.MapTrenditBilling();
        app.MapSeedWebhooks();
    }

    /// <summary>A project with this catalogue gets E's shape; every other gets C's.</summary>
    private static bool IsTrendit(ProjectSnapshot project) => project.Catalog.Document.Code == TrenditDoor.Product;

    /// <summary>The codes of plans with a price, in the catalogue's order.</summary>
    public static IReadOnlyList<string> PaidPlans(ProjectSnapshot project) =>
    [
        .. CatalogDisplay.Offered(project.Catalog.Document).Where(static plan => plan.Prices.Any(static price => price.AmountMinor > 0))
            .Select(static plan => plan.Code),
    ];

    private static readonly Description CheckOut = new(
        "Billing",
        "Create a checkout session",
        "Creates a page on which the customer of the token or of the header "
        + $"`{SeedCallers.Header}` pays for a monthly plan. C's body names `plan`, `success_url` and `cancel_url`. "
        + "A project with Trendit's catalogue follows E: the query "
        + "names `tier`, there is no body, and the answer has only `checkout_url`. Nothing changes before the customer has paid. "
        + "In a sandbox project the page is Tollgate's own; otherwise it is the payment provider's, and `session_id` is the provider's id "
        + "of it, such as `cs_…`. Without a provider no plan can be bought: C answers as the product does without Stripe keys, 400.")
    {
        Request = Example.Of<ResumeAtsCheckout>(
            """{"plan": "pro", "success_url": "http://localhost:3000/dashboard?success=true", "cancel_url": "http://localhost:3000/billing?canceled=true"}"""),
        BodyMayBeAbsent = true,
        Query = [new("tier", "E: `pro` or `enterprise`.")],
        Answers =
        [
            Example.Of<SeedCheckout>(
                200, "The page.",
                """{"checkout_url": "http://localhost:8080/checkout/4Tq8…", "session_id": "01936f5e-7c1c-7b11-8d22-1e5d3c2b1a00"}"""),
            Example.Of<SeedError<ResumeAtsBillingError>>(
                400, "The plan cannot be bought, or the project has no payment provider.",
                """{"detail": {"error": "billing_error", "detail": "Invalid plan type. Must be 'pro' or 'elite'."} }"""),
            Example.Of<SeedError<ResumeAtsBillingError>>(
                409, "The customer already has the plan.",
                """{"detail": {"error": "billing_error", "detail": "The customer already has a subscription."} }"""),
        ],
    };
}

/// <summary>The services behind the doors.</summary>
internal sealed record BillingDeps(OpenCheckout Open, PaymentProviders Providers, ProviderKeys Keys)
{
    private const string NotConfigured =
        "The project has no payment provider with a checkout page. Choose one with PUT /v1/payment-settings.";

    /// <summary>True if a customer can pay: the project's provider has a checkout page, and its required keys are stored.</summary>
    public bool IsConfigured(ProjectSnapshot project)
    {
        var (abilities, stored) = (Providers.CapabilitiesOf(project), Keys.Open(project, project.Payments.Provider));
        return abilities.HasCheckout && abilities.Credentials.All(field => !field.IsRequired || stored?.ContainsKey(field.Name) == true);
    }

    public static Task RefuseAsync(HttpContext context) => Problems.WriteAsync(context, ErrorCode.BillingNotConfigured, NotConfigured);

    /// <summary>Null: there is no page, and the problem is written.</summary>
    /// <returns>The page, and its id: the provider's own, or Tollgate's for its own page.</returns>
    public async ValueTask<(string Id, Uri Page)?> CheckOutAsync(HttpContext context, string customer, string plan, string success,
        string cancel)
    {
        if (!IsConfigured(context.Project()))
        {
            await RefuseAsync(context);
            return null;
        }

        var order = new NewCheckout(
            customer, CheckoutKind.Subscription, new() { Plan = plan, Interval = PriceInterval.Monthly }, success, cancel,
            CheckoutLife.Default, Issuer.Of(context.Caller()));
        var answer = await Open.RunAsync(
            context.Project(), order, PublicAddress.Of(context), SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted);
        if (answer is { Outcome: CheckoutOutcome.Done, Row: { } row, Page: { } page })
        {
            return (answer.Reference ?? row.Checkout.Id.ToString("D"), page);
        }

        await CheckoutEndpoints.WriteAsync(context, answer);
        return null;
    }
}
