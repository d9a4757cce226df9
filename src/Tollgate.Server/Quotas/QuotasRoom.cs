using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Quotas;

/// <summary>Registers the rooms Ledger and Quotas: lanes, gate, sweeper.</summary>
public static class QuotasRoom
{
    public static IServiceCollection AddQuotas(this IServiceCollection services, LedgerOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<UsageKeys>();
        services.AddSingleton<LedgerLanes>();
        services.AddSingleton<QuotaGate>();
        services.AddSingleton<ForgetCustomer>(static provider => provider.GetRequiredService<QuotaGate>().ForgetAsync);
        services.AddSingleton(static provider => provider.GetRequiredService<LedgerLanes>().NewCustomers);
        services.AddHostedService<ForgetMoved>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerLanes>());
        services.AddSingleton<HoldSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<HoldSweeper>());
        return services;
    }

    public static void MapQuotas(this IEndpointRouteBuilder app)
    {
        QuotasEndpoints.Map(app);
        ReservationsEndpoints.Map(app);
        NoopEndpoint.MapWhenMeasuring(app);
    }
}
