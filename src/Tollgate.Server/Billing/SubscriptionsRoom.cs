using Tollgate.Engine.Billing;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;

namespace Tollgate.Server.Billing;

/// <summary>Registers the room Subscriptions. Needs the rooms Projects, Quotas, Customers and Invoicing.</summary>
public static class SubscriptionsRoom
{
    public static IServiceCollection AddSubscriptions(this IServiceCollection services)
    {
        services.AddSingleton<SubscriptionQueries>();
        services.AddSingleton<CreateSubscription>();
        services.AddSingleton<ChangeAtOnce>();
        services.AddSingleton<ChangeSubscription>();
        services.AddSingleton<ChangeCoupons>();
        services.AddSingleton<MigratePlan>();
        services.AddSingleton<PreviewMigration>();
        services.AddSingleton<RunDue>();
        services.AddHostedService<DueLoop>();
        return services;
    }

    public static void MapSubscriptionsRoom(this WebApplication app)
    {
        app.MapSubscriptions();
        app.MapSubscriptionSteps();
        app.MapSubscriptionCoupons();
        app.MapBillingRun();
        app.MapMigration();
    }
}
