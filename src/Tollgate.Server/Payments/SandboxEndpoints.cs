using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Sandbox;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>
/// <c>/v1/sandbox/…</c>: control the sandbox's provider: its answers, the delivery of its webhooks, and events on its side.
/// </summary>
public static class SandboxEndpoints
{
    private const int MostTimes = 1_000;
    private const int MostCopies = 10;
    private const int LongestDelay = 3_600;
    private const int LongestReason = 500;

    /// <summary>The events that a request can trigger.</summary>
    internal static readonly string[] Happenings =
        [SandboxEvent.DisputeOpened, SandboxEvent.DisputeWon, SandboxEvent.DisputeLost, SandboxEvent.RefundSucceeded,
            SandboxEvent.PaymentSucceeded];

    public static void MapSandbox(this WebApplication app)
    {
        var sandbox = app.Services.GetRequiredService<SandboxProvider>();
        var webhooks = app.Services.GetRequiredService<SandboxWebhooks>();
        var queries = app.Services.GetRequiredService<PaymentQueries>();

        app.MapPost("/v1/sandbox/payment-behavior", (RequestDelegate)(context => BehaveAsync(context, sandbox)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.Behave);
        app.MapPost("/v1/sandbox/webhook-behavior", (RequestDelegate)(context => BehaveAsync(context, webhooks)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.BehaveWebhooks);
        app.MapPost("/v1/sandbox/events", (RequestDelegate)(context => HappenAsync(context, webhooks, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.Happen);
    }

    private static async Task BehaveAsync(HttpContext context, SandboxProvider sandbox)
    {
        if (await ReadAsync(context, WireJson.Default.PaymentBehaviorRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Id(body.Customer, "customer", required: true);
        if (faults.Required(body.Outcome, "outcome"))
        {
            faults.OneOf(body.Outcome, "outcome", [.. CatalogWords.All<SandboxOutcome>()]);
        }

        faults.Range(body.Times, "times", 1, MostTimes);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await sandbox.BehaveAsync(
            context.Project(), body.Customer!, CatalogWords.Read<SandboxOutcome>(body.Outcome!), body.Times ?? 1, context.RequestAborted);
        await Answer.Nothing(context);
    }

    private static async Task BehaveAsync(HttpContext context, SandboxWebhooks webhooks)
    {
        if (await ReadAsync(context, WireJson.Default.WebhookBehaviorRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.Copies, "copies", 0, MostCopies);
        faults.Range(body.DelaySeconds, "delay_seconds", 0, LongestDelay);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await webhooks.BehaveAsync(
            context.Project(), new(body.Copies ?? 1, body.DelaySeconds ?? 0, body.Shuffle ?? false, body.Tamper ?? false),
            context.RequestAborted);
        await Answer.Nothing(context);
    }

    private static async Task HappenAsync(HttpContext context, SandboxWebhooks webhooks, PaymentQueries queries)
    {
        if (await ReadAsync(context, WireJson.Default.SandboxEventRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (faults.Required(body.Type, "type"))
        {
            faults.OneOf(body.Type, "type", Happenings);
        }

        faults.Required(body.Payment, "payment");
        faults.Range(body.Amount, "amount", 1, SubscriptionTerms.LargestAmount);
        faults.Text(body.Reason, "reason", LongestReason);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var row = Guid.TryParse(body.Payment, out var id) ? await queries.FindAsync(context.Project(), id, context.RequestAborted) : null;
        var wanted = body.Type == SandboxEvent.PaymentSucceeded ? PaymentStatus.Failed : PaymentStatus.Succeeded;
        if (row is not { Payment: { Provider: PaymentProvider.Sandbox, Reference: { } charge } payment } || payment.Status != wanted)
        {
            await Problems.WriteAsync(
                context, ErrorCode.PaymentNotFound, $"A payment of the sandbox that {CatalogWords.Of(wanted)} is expected.", "payment");
            return;
        }

        if (body.Type == SandboxEvent.RefundSucceeded && row.Refunds.Count >= RefundRules.MostRefunds)
        {
            await Problems.WriteAsync(
                context, ErrorCode.LimitReached, $"The payment has {row.Refunds.Count} refunds, the most there can be in the sandbox.",
                "payment");
            return;
        }

        var isQueued = await webhooks.QueueAsync(
            context.Project(), body.Type!, AboutOf(body, payment, charge), TimeSpan.Zero, context.RequestAborted);
        await (isQueued
            ? Answer.Nothing(context)
            : Problems.WriteAsync(
                context, ErrorCode.LimitReached,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{SandboxWebhooks.MostWaiting:N0} webhooks of the sandbox wait to be sent. Wait until they are sent, or request fewer copies.")));
    }

    private static SandboxObject AboutOf(SandboxEventRequest body, Payment payment, string charge)
    {
        var (amount, currency) = (body.Amount ?? payment.Amount.Minor, payment.Amount.Currency.Code);
        return body.Type switch
        {
            SandboxEvent.PaymentSucceeded => new(charge, payment.Id, null, null, amount, currency),
            SandboxEvent.RefundSucceeded => new($"re_sandbox_{Guid.CreateVersion7():N}", null, null, charge, amount, currency, body.Reason),
            _ => new($"dp_sandbox_{payment.Id:N}", null, null, charge, amount, currency, body.Reason),
        };
    }

    /// <summary>Null: the answer is written.</summary>
    private static async Task<T?> ReadAsync<T>(HttpContext context, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (await Body.ReadAsync(context, type) is not { } body)
        {
            return null;
        }

        if (context.Project().Mode == ProjectMode.Sandbox)
        {
            return body;
        }

        await Problems.WriteAsync(context, ErrorCode.SandboxOnly);
        return null;
    }
}
