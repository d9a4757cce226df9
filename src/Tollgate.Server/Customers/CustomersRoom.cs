using Tollgate.Contracts.Customers;
using Tollgate.Engine.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>Hangs the room Customers into the server. Needs the rooms Projects and Quotas.</summary>
public static class CustomersRoom
{
    public static IServiceCollection AddCustomers(this IServiceCollection services, CustomerOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<CustomerQueries>();
        services.AddSingleton<CreateCustomer>();
        services.AddSingleton<UpdateCustomer>();
        services.AddSingleton<DeleteCustomer>();
        services.AddSingleton<AssignPlan>();
        services.AddSingleton<AddGrant>();
        services.AddSingleton<VoidGrant>();
        services.AddSingleton<SetOverrides>();
        services.AddSingleton<MemberQueries>();
        services.AddSingleton<AddMember>();
        services.AddSingleton<UpdateMember>();
        services.AddSingleton<RemoveMember>();
        services.AddHostedService<ForgetMoved>();
        return services.AddWire(CustomersJson.Default);
    }

    public static void MapCustomersRoom(this WebApplication app)
    {
        app.MapCustomers();
        app.MapMembers();
        app.MapGrants();
        app.MapReadings();
        app.MapTerms();
    }
}
