using Tollgate.Engine.Billing;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Sandbox;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>Registers the room Payments. Needs the rooms Customers and Invoicing.</summary>
public static class PaymentsRoom
{
    public static IServiceCollection AddPayments(this IServiceCollection services, PaymentOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ProviderKeys>();
        services.AddSingleton<PaymentProviders>();
        services.AddSingleton<IProjectPart, PaymentPart>();
        services.AddSingleton<PaymentSettings>();
        services.AddSingleton<PaymentQueries>();
        services.AddSingleton<PaymentMethods>();
        services.AddSingleton<KeepPaymentMethod>();
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
        services.AddSingleton<ReconcileStripe>();
        services.AddSingleton<ISubscriptionBackend, StripeSubscriptions>();
        services.AddSingleton<SubscriptionBackends>();
        services.AddSingleton<IPaymentProvider, StripeProvider>();
        services.AddSingleton<ChargeInvoice>();
        services.AddSingleton<RefundPayment>();
        services.AddSingleton<RecordManualPayment>();
        services.AddSingleton<DisputeQueries>();
        services.AddSingleton<ProviderInvoiceQueries>();
        services.AddSingleton<FollowSubscription>();
        services.AddSingleton<FollowInvoice>();
        services.AddSingleton<ProviderLines>();
        services.AddSingleton<BillAtProvider>();
        services.AddHostedService<QueryPayments>();
        return services;
    }

    public static void MapPaymentsRoom(this WebApplication app)
    {
        app.MapPayments();
        app.MapPaymentMethods();
        app.MapPaymentSettings();
        app.MapSandbox();
        app.MapDisputes();
        app.MapProviderInvoices();
        app.MapStripe();
    }
}
