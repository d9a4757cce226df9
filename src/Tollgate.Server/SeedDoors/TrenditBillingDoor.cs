using System.Text;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// E: <c>/billing/create-checkout-session</c> with the tier in the query, and the targets of its page: <c>/billing/success</c>,
/// <c>/billing/cancel</c>.
/// </summary>
internal static class TrenditBillingDoor
{
    private const string Success = "/billing/success";

    private const string Canceled = "/billing/cancel";

    public static void MapTrenditBilling(this WebApplication app)
    {
        Map(Success, "Thank you", "Your payment is being processed. Your plan changes as soon as it arrives. You can close this page.");
        Map(Canceled, "Payment canceled", "You left the payment page. You were not charged. You can close this page.");

        void Map(string path, string title, string text)
        {
            var page = Page(title, text);
            app.MapGet(path, (RequestDelegate)(context => ShowAsync(context, page)))
                .OpenToAll("The page is the same for everybody.")
                .Describe(new(
                    "Seed door: Trendit", title,
                    "The address to which the payment page sends the browser. The page does not depend on the payment and changes nothing.")
                {
                    Answers = [Example.OfText(StatusCodes.Status200OK, "An HTML page.", "text/html", "<!doctype html> …")],
                });
        }
    }

    public static async Task CheckOutAsync(HttpContext context, BillingDeps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.TrenditCheckout, new()) is not { } body
            || await SeedCallers.CustomerAsync(context) is not { } customer)
        {
            return;
        }

        var (tier, faults) = (context.Request.Query["tier"] is [{ } named] ? named : body.Tier, new Faults());
        var document = context.Project().Catalog.Document;
        if (faults.Required(tier, "tier"))
        {
            faults.OneOf(tier, "tier", [.. CatalogDisplay.Offered(document).Select(static plan => plan.Code)]);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
        }
        else if (!SeedBilling.PaidPlans(context.Project()).Contains(tier!, StringComparer.Ordinal))
        {
            await SeedErrors.WriteAsync(context, StatusCodes.Status400BadRequest, $"The tier {tier} costs nothing.");
        }
        else
        {
            var home = PublicAddress.Of(context);
            if (await deps.CheckOutAsync(
                context, customer, tier!, new Uri(home, Success).AbsoluteUri, new Uri(home, Canceled).AbsoluteUri) is var (_, page))
            {
                await Answer.Json(context, StatusCodes.Status200OK, new SeedCheckout(page.AbsoluteUri), WireJson.Default.SeedCheckout);
            }
        }
    }

    private static Task ShowAsync(HttpContext context, byte[] page)
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return Answer.Bytes(context, StatusCodes.Status200OK, page, "text/html; charset=utf-8");
    }

    private static byte[] Page(string title, string text) => Encoding.UTF8.GetBytes(
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}</title>
        <style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1.5rem }</style>
        </head>
        <body>
        <main><h1>{{title}}</h1><p>{{text}}</p></main>
        </body>
        </html>

        """);
}
