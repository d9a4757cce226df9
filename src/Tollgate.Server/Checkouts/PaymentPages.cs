using System.Globalization;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;
using Tollgate.Web.Checkouts;
using Tollgate.Web.Layout;
using Tollgate.Web.Portal;

namespace Tollgate.Server.Checkouts;

/// <summary>Maps the pages of <c>Tollgate.Web</c>: <c>/checkout</c>, <c>/pay</c>, <c>/portal</c> in the look of their project.</summary>
internal static class PaymentPages
{
    private const string Guess = "The address contains 256 random bits and is the customer's only credential.";

    /// <summary>The name of a failed guess in the metric and the log.</summary>
    private const string What = "page_unknown";

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>The index of the segment with the invoice's id in <c>/portal/{token}/invoices/{id}.pdf</c>.</summary>
    private const int InvoiceSegment = 3;

    public static void MapPaymentPages(this WebApplication app)
    {
        var guesses = app.Services.GetRequiredService<Guesses>();
        var checkout = app.Services.GetRequiredService<CheckoutPages>();
        foreach (var door in (string[])["checkout", "pay"])
        {
            Map(Reading, $"/{door}/{{token}}", context => checkout.ShowAsync(context, door, Token(context)));
            Map(["POST"], $"/{door}/{{token}}", context => checkout.PayAsync(context, door, Token(context)));
            Map(Reading, $"/{door}/{{token}}/wait", context => checkout.WaitAsync(context, door, Token(context)));
            Map(Reading, $"/{door}/{{token}}/authenticate", context => checkout.AskBankAsync(context, door, Token(context)));
            Map(["POST"], $"/{door}/{{token}}/authenticate", context => checkout.AnswerBankAsync(context, door, Token(context)));
        }

        var portal = app.Services.GetRequiredService<PortalPages>();
        Map(Reading, "/portal/{token}", context => portal.ShowAsync(context, Token(context)));
        Map(Reading, "/portal/{token}/plans", context => portal.ShowPlansAsync(context, Token(context), PublicAddress.Of(context)));
        Map(["POST"], "/portal/{token}/plans", context => portal.ChoosePlanAsync(context, Token(context), PublicAddress.Of(context)));
        Map(["POST"], "/portal/{token}/pay", context => portal.PayAsync(context, Token(context), PublicAddress.Of(context)));
        Map(["POST"], "/portal/{token}/cards", context => portal.ChangeCardsAsync(context, Token(context), PublicAddress.Of(context)));
        Map(["POST"], "/portal/{token}/cancel", context => portal.CancelAsync(context, Token(context)));
        Map(["POST"], "/portal/{token}/uncancel", context => portal.UncancelAsync(context, Token(context)));
        Map(Reading, "/portal/{token}/invoices/{file}", context => InvoiceAsync(context, portal));

        void Map(string[] methods, string path, RequestDelegate run) =>
            app.MapMethods(path, methods, context => GuardAsync(context, guesses, run)).OpenToAll(Guess).WithLoad(Load.Ordinary)
                .ExcludeFromDescription();
    }

    /// <summary>Tells a client that requests many missing pages to pause, without a query to the database.</summary>
    private static async Task GuardAsync(HttpContext context, Guesses guesses, RequestDelegate run)
    {
        if (!guesses.MayAsk(context, Token(context)))
        {
            await PauseAsync(context, guesses.Fail(context, What) ?? ShortestPause);
            return;
        }

        await run(context);
        if (context.Response.StatusCode != StatusCodes.Status404NotFound)
        {
            return;
        }

        guesses.Fail(context, What);

        // If only an invoice is missing, the page may exist.
        if (!context.Request.RouteValues.ContainsKey("file") && KeyHash.TryOf(Token(context), out var hash))
        {
            guesses.Bury(hash);
        }
    }

    private static Task PauseAsync(HttpContext context, TimeSpan pause)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Pages.WriteAsync<NoticePage>(context, StatusCodes.Status429TooManyRequests, new Dictionary<string, object?>
        {
            ["Title"] = "Please wait a moment",
            ["Text"] = "Your network asked for too many pages that do not exist. Wait a minute, then open your link again.",
            ["Seller"] = Seller.Unknown,
        });
    }

    private static string Token(HttpContext context) => (string)context.Request.RouteValues["token"]!;

    private static async Task InvoiceAsync(HttpContext context, PortalPages portal)
    {
        var name = RawPath.Segment(context, InvoiceSegment);
        if (!name.EndsWith(".pdf", StringComparison.Ordinal) || !Guid.TryParse(name.AsSpan(0, name.Length - 4), out var id)
            || await portal.FindInvoiceAsync(
                Token(context), id, context.Connection.RemoteIpAddress, context.RequestAborted) is not var (project, row))
        {
            await Pages.WriteAsync<NoticePage>(context, StatusCodes.Status404NotFound, new Dictionary<string, object?>
            {
                ["Title"] = "Invoice not found",
                ["Text"] = "The link is incomplete or has expired. Open your plan and invoices again from the app.",
                ["Seller"] = Seller.Unknown,
            });
            return;
        }

        if (!await context.RequestServices.GetRequiredService<FairShare>().MoveAsync(context, project.Id, Load.Heavy))
        {
            return;
        }

        var pdf = await InvoicePdf.OfAsync(
            context.RequestServices.GetRequiredService<InvoiceQueries>(), project, row, context.RequestAborted);
        context.Response.Headers.ContentDisposition = $"inline; filename=\"{row.Invoice.Number}.pdf\"";
        await Answer.Bytes(context, StatusCodes.Status200OK, pdf, InvoicePdf.ContentType);
    }
}
