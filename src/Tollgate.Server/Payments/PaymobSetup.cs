using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Paymob;

namespace Tollgate.Server.Payments;

/// <summary>Registers the provider Paymob in the room Payments.</summary>
internal static class PaymobSetup
{
    /// <summary>The address to use in place of Paymob's own hosts.</summary>
    public const string HomeVariable = "TOLLGATE_PAYMOB_URL";

    public static IServiceCollection AddPaymob(this IServiceCollection services, PaymobOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<PaymobClient>();
        return services.AddSingleton<IPaymentProvider, PaymobProvider>();
    }

    /// <param name="server">The address at which customers reach this server. Tollgate gives Paymob only an address of the public
    /// internet.</param>
    /// <param name="faults">Receives a fault if the variable is not an address.</param>
    public static PaymobOptions Read(Func<string, string?> environment, Uri? server, ICollection<string> faults)
    {
        var callbacks = server is { Scheme: "https", IsLoopback: false } ? new Uri(server, "/v1/webhooks/paymob") : null;
        if (environment(HomeVariable) is not { Length: > 0 } text)
        {
            return new(null, callbacks);
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var home) && home.Scheme is "http" or "https")
        {
            return new(new Uri(home.AbsoluteUri.TrimEnd('/') + "/"), callbacks);
        }

        faults.Add($"{HomeVariable} is \"{text}\": it must be an address such as http://127.0.0.1:9000.");
        return PaymobOptions.Default;
    }
}
