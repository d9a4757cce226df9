using Tollgate.Engine.Billing;
using Tollgate.Engine.Invoicing;
using Tollgate.Server.Http;

namespace Tollgate.Server.Invoicing;

/// <summary>Registers the room Invoicing. Needs the rooms Projects and Customers.</summary>
public static class InvoicingRoom
{
    public static IServiceCollection AddInvoicing(this IServiceCollection services)
    {
        services.AddSingleton<InvoiceQueries>();
        services.AddSingleton<ChangeInvoiceStatus>();
        services.AddSingleton<CouponQueries>();
        services.AddSingleton<LateUsageQueries>();
        services.AddSingleton<BuyPack>();
        services.AddSingleton<PackQueries>();
        services.AddSingleton<GiveCredit>();
        services.AddSingleton<CreditQueries>();
        return services;
    }

    public static void MapInvoicingRoom(this WebApplication app)
    {
        app.MapInvoices();
        app.MapInvoiceFiles();
        app.MapCoupons();
        app.MapInvoiceSettings();
        app.MapLateUsage();
        app.MapPacks();
        app.MapCredits();
    }
}
