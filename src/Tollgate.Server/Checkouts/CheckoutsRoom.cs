using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Server.Http;
using Tollgate.Web.Checkouts;
using Tollgate.Web.Layout;
using Tollgate.Web.Portal;
using Tollgate.Web.Pricing;

namespace Tollgate.Server.Checkouts;

/// <summary>Registers the room Checkouts. Needs the rooms Payments and Subscriptions.</summary>
public static class CheckoutsRoom
{
    public static IServiceCollection AddCheckouts(this IServiceCollection services)
    {
        services.AddSingleton<CheckoutQueries>();
        services.AddSingleton<ClosePages>();
        services.AddSingleton<ClaimPlan>();
        services.AddSingleton<OpenCheckout>();
        services.AddSingleton<FollowCheckout>();
        services.AddSingleton<PayCheckout>();
        services.AddSingleton<PayChange>();
        services.AddSingleton<PortalSessions>();
        services.AddSingleton<EnterProject>(static provider =>
        {
            var share = provider.GetRequiredService<FairShare>();
            return (context, project) => share.MoveAsync(context, project.Id, Load.Ordinary);
        });
        services.AddSingleton<CheckoutPages>();
        services.AddSingleton<PortalPages>();
        services.AddSingleton(static provider =>
        {
            var share = provider.GetRequiredService<FairShare>();
            return new PricingPages((context, project) => share.MoveToPricingAsync(context, project.Id));
        });
        services.AddSingleton<ExpireCheckouts>();
        services.AddHostedService(static provider => provider.GetRequiredService<ExpireCheckouts>());
        return services;
    }

    public static void MapCheckoutsRoom(this WebApplication app)
    {
        app.MapCheckouts();
        PortalSessionEndpoints.Map(app);
        app.MapPaymentPages();
        app.MapPricingPages();
    }
}
