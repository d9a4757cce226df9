using Tollgate.Engine.Webhooks;
using Tollgate.Server.Gateway;
using Tollgate.Server.Http;
using Tollgate.Server.Outbound;

namespace Tollgate.Server.Webhooks;

/// <summary>
/// Registers the room Webhooks. Needs the rooms Customers, Invoicing, Payments and Subscriptions, and the protection keys of Gateway.
/// </summary>
public static class WebhooksRoom
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services, WebhookOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<WebhookEndpoints>();
        services.AddSingleton<WebhookQueries>();
        services.AddSingleton<Redeliver>();
        services.AddSingleton<PublishEvents>();
        services.AddSingleton<SendQueue>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookTargets>(provider =>
            new(provider.GetRequiredService<OwnAddress>(), networks: provider.GetRequiredService<GatewayOptions>().Networks));
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookPayloads>();
        services.AddSingleton<SendSignal>();
        services.AddSingleton<WebhookMetrics>();
        services.AddHostedService<PublishLoop>();
        services.AddHostedService<SendLoop>();
        services.AddHostedService<ForgetLoop>();
        services.AddHostedService<MeasureLoop>();
        return services;
    }

    public static void MapWebhooksRoom(this WebApplication app)
    {
        app.MapWebhookEndpoints();
        app.MapWebhookEvents();
        app.MapDeliveries();
    }
}
