using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Payments;
using Tollgate.Engine.Inbox;
using Tollgate.Server.Http;
using Tollgate.Server.Inbox;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// Stripe's webhooks at the seeds' own paths: A <c>/webhooks/stripe</c>, C <c>/billing/webhook</c>, E <c>/billing/webhooks/stripe</c>. All
/// of them lead to the inbox of <c>/v1/webhooks/stripe</c>; the signature identifies the project.
/// </summary>
internal static class SeedWebhooks
{
    /// <summary>E's text.</summary>
    private const string Invalid = "Invalid payload";

    private static readonly (string Path, string Tag)[] Doors =
    [
        ("/webhooks/stripe", "Seed door: career coach"),
        ("/billing/webhook", "Billing Webhook"),
        ("/billing/webhooks/stripe", "Seed door: Trendit"),
    ];

    public static void MapSeedWebhooks(this WebApplication app)
    {
        var (receive, guesses) = (app.Services.GetRequiredService<ReceiveWebhook>(), app.Services.GetRequiredService<Guesses>());
        foreach (var (path, tag) in Doors)
        {
            app.MapPost(path, (RequestDelegate)(context => TakeAsync(context, receive, guesses)))
                .OpenToAll("The provider's signature is the key.")
                .WithOwnIdempotency()
                .WithLoad(Load.Webhook)
                .WithSeedErrors()
                .Describe(DescriptionOf(tag));
        }
    }

    private static async Task TakeAsync(HttpContext context, ReceiveWebhook receive, Guesses guesses) => await (
        await InboxEndpoints.TakeAsync(context, receive, guesses, PaymentProvider.Stripe) switch
        {
            null => Task.CompletedTask, // The problem is written.
            ReceiveOutcome.Stored or ReceiveOutcome.Repeated => Answer.Json(
                context, StatusCodes.Status200OK, new SeedWebhookTaken("success"), WireJson.Default.SeedWebhookTaken),
            _ => SeedErrors.WriteAsync(context, StatusCodes.Status400BadRequest, Invalid),
        });

    private static Description DescriptionOf(string tag) => new(
        tag,
        "Receive Stripe's webhooks",
        "Works like `/v1/webhooks/stripe`, for an endpoint that Stripe calls under the product's own path: Tollgate verifies the "
            + "signature, stores the event, answers at once, and applies the event once.")
    {
        Request = Example.OfText(
            "application/json", """{"id": "evt_1QxDemo", "object": "event", "type": "invoice.payment_succeeded", "data": {}}"""),
        Answers =
        [
            Example.Of<SeedWebhookTaken>(200, "The event is stored, or was stored before.", """{"status": "success"}"""),
            Example.Of<SeedError<string>>(400, "The signature is invalid. Tollgate stored nothing.", """{"detail": "Invalid payload"}"""),
        ],
    };
}
