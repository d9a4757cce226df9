using Tollgate.Engine.Customers;
using Tollgate.Engine.Grants;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>Registers the room Customers. Needs the rooms Projects and Quotas.</summary>
public static class CustomersRoom
{
    public static IServiceCollection AddCustomers(this IServiceCollection services, CustomerOptions options, ViesOptions vies)
    {
        services.AddSingleton(options).AddSingleton<ErasedIds>().AddSingleton<CustomerChanges>();
        services.AddSingleton(vies).AddSingleton<ViesClient>().AddSingleton<CheckVatIds>().AddHostedService<CheckVatLoop>();
        services.AddSingleton<CustomerQueries>().AddSingleton<GrantQueries>();
        services.AddSingleton<CreateCustomer>();
        services.AddSingleton<UpdateCustomer>();
        services.AddSingleton<DeleteCustomer>();
        services.AddSingleton<AssignPlan>();
        services.AddSingleton<AddGrant>();
        services.AddSingleton<VoidGrant>();
        services.AddSingleton<WithdrawGrants>();
        services.AddSingleton<ScheduleGrants>().AddSingleton<GiveScheduled>().AddHostedService<GiveScheduledLoop>();
        services.AddSingleton<SetOverrides>();
        services.AddSingleton<MemberQueries>();
        services.AddSingleton<AddMember>();
        services.AddSingleton<UpdateMember>();
        services.AddSingleton<RemoveMember>();
        return services;
    }

    /// <summary>The address of VIES in place of the European Commission's, or <c>off</c>.</summary>
    private const string ViesVariable = "TOLLGATE_VIES_URL", Off = "off";

    /// <param name="faults">Receives a fault if the variable is not an address.</param>
    public static ViesOptions ReadVies(Func<string, string?> environment, ICollection<string> faults)
    {
        if (environment(ViesVariable) is not { Length: > 0 } text)
        {
            return ViesOptions.Default;
        }

        if (text == Off)
        {
            return ViesOptions.Off;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var home) && home.Scheme is "http" or "https")
        {
            return new(new Uri(home.AbsoluteUri.TrimEnd('/') + "/"));
        }

        faults.Add($"{ViesVariable} is \"{text}\": it must be \"off\" or an address such as {ViesOptions.Default.Home}.");
        return ViesOptions.Default;
    }

    public static void MapCustomersRoom(this WebApplication app)
    {
        app.MapCustomers();
        app.MapMembers();
    }
}
