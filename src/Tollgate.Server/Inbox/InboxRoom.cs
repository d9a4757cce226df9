using Tollgate.Engine.Billing;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Payments;
using Tollgate.Server.Http;

namespace Tollgate.Server.Inbox;

/// <summary>
/// Registers the room Inbox: receiving, storing and applying the events of payment providers. Needs the rooms Payments and Checkouts.
/// </summary>
public static class InboxRoom
{
    public static IServiceCollection AddInbox(this IServiceCollection services, EventRoom room)
    {
        services.AddSingleton(room);
        services.AddSingleton<InboxBell>();
        services.AddSingleton<InboxQueries>();
        services.AddSingleton<InboxMetrics>();
        services.AddSingleton<ReceiveWebhook>();
        services.AddSingleton<ApplyProviderUpdate>();
        services.AddSingleton<ApplyUpdate>(static provider => provider.GetRequiredService<ApplyProviderUpdate>().RunAsync);
        services.AddSingleton<OpenProviderManagedPage>();
        services.AddSingleton<ChangeProviderManaged>();
        services.AddHostedService<ReadInbox>();
        services.AddHostedService<SendSandboxWebhooks>();
        return services;
    }
}
