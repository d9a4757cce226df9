using Tollgate.Contracts.Payments;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Web.Checkout;
using Tollgate.Web.Portal;

namespace Tollgate.Server.Payments;

/// <summary>Hangs the room Payments into the server. Needs the rooms Customers and Invoicing.</summary>
public static class PaymentsRoom
{
    public static IServiceCollection AddPayments(this IServiceCollection services, PaymentOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ProviderKeys>();
        services.AddSingleton<PaymentProviders>();
        services.AddSingleton<PaymentSettings>();
        services.AddSingleton<PaymentQueries>();
        services.AddSingleton<PaymentMethods>();
        services.AddSingleton<SandboxWebhooks>();
        services.AddSingleton<SandboxProvider>();
        services.AddSingleton<IPaymentProvider>(provider => provider.GetRequiredService<SandboxProvider>());
        services.AddSingleton<SettlePayment>();
        services.AddSingleton(options.Stripe);
        services.AddSingleton<StripeClient>();
        services.AddSingleton<StripeAccounts>();
        services.AddSingleton<StripeMirror>();
        services.AddSingleton<StripeEvents>();
        services.AddSingleton(new StripeVariables(Environment.GetEnvironmentVariable));
        services.AddSingleton<SyncStripe>();
        services.AddSingleton<ISubscriptionDriver, StripeSubscriptions>();
        services.AddSingleton<SubscriptionDrivers>();
        services.AddSingleton<OpenDrivenPage>();
        services.AddSingleton<FollowCheckout>();
        services.AddSingleton<ChangeDriven>();
        services.AddSingleton<ReconcileStripe>();
        services.AddSingleton<IPaymentProvider, StripeProvider>();
        services.AddSingleton<ChargeInvoice>();
        services.AddSingleton<CheckoutQueries>();
        services.AddSingleton<ClosePages>();
        services.AddSingleton<OpenCheckout>();
        services.AddSingleton<PayCheckout>();
        services.AddSingleton<PayChange>();
        services.AddSingleton<PortalSessions>();
        services.AddSingleton<CheckoutPages>();
        services.AddSingleton<PortalPages>();
        services.AddSingleton<ExpireCheckouts>();
        services.AddHostedService(static provider => provider.GetRequiredService<ExpireCheckouts>());
        services.AddSingleton<RefundPayment>();
        services.AddSingleton<PayByHand>();
        services.AddSingleton<InboxBell>();
        services.AddSingleton<InboxQueries>();
        services.AddSingleton<DisputeQueries>();
        services.AddSingleton<ProviderInvoiceQueries>();
        services.AddSingleton<ReceiveWebhook>();
        services.AddSingleton<FollowSubscription>();
        services.AddSingleton<FollowInvoice>();
        services.AddSingleton<ProviderLines>();
        services.AddSingleton<BillAtProvider>();
        services.AddSingleton<ApplyNews>();
        services.AddHostedService<AskPayments>();
        services.AddHostedService<ReadInbox>();
        services.AddHostedService<SendSandboxWebhooks>();
        services.AddDunning();
        return services.AddWire(PaymentsJson.Default);
    }

    public static void MapPaymentsRoom(this WebApplication app)
    {
        app.MapPayments();
        app.MapPaymentMethods();
        app.MapCheckouts();
        app.MapPaymentPages();
        app.MapPaymentSettings();
        app.MapSandbox();
        app.MapInbox();
        app.MapDisputes();
        app.MapProviderInvoices();
        app.MapDunning();
        app.MapStripe();
    }
}
