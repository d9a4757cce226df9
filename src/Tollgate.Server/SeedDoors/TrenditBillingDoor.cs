using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Server.Http;
using Tollgate.Web.Layout;

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
        app.MapTrenditUpgradePage();
        Map(Success, "Thank you", "Your payment is being processed. Your plan changes as soon as it arrives. You can close this page.");
        Map(Canceled, "Payment canceled", "You left the payment page. You were not charged. You can close this page.");

        void Map(string path, string title, string text)
        {
            var page = new Dictionary<string, object?> { ["Title"] = title, ["Text"] = text, ["Seller"] = Seller.Unknown };
            app.MapGet(path, (RequestDelegate)(context => Pages.WriteAsync<NoticePage>(context, StatusCodes.Status200OK, page)))
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
}
