using System.Globalization;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Paymob;

namespace Tollgate.Engine.Payments.Paymob;

/// <summary>A project's Paymob keys by their names in <c>/v1/payment-settings</c>, and the names of its orders at Paymob.</summary>
internal static class PaymobCredentials
{
    public const string SecretKey = "secret_key";

    public static readonly IReadOnlyList<CredentialField> Fields =
    [
        new(SecretKey, true,
            "egy_sk_test_…: Dashboard, Settings, Account info, Secret key. Its first letters say the country, and test or live."),
        new("public_key", true, "egy_pk_test_…: next to the secret key, with the same country and mode."),
        new("api_key", true, "A long text next to them. Tollgate looks up payments with it."),
        new("hmac_secret", true, "Next to them. Paymob signs callbacks with it."),
        new("previous_hmac_secret", false, "The previous HMAC secret, while you change it."),
        new("integrations", true,
            "Ids of the payment methods that the page offers, with commas: 4097558,4097559. Dashboard, Developers, Payment integrations."),
        new("moto_integration", false,
            "Id of the integration that charges saved cards without their owners (MOTO). Paymob opens one on request. "
                + "Without it, customers pay renewals by link."),
    ];

    /// <summary>Reads the account; <see cref="PaymobAccount.Judge"/> reports missing values and values that are no number.</summary>
    public static PaymobAccount Read(IReadOnlyDictionary<string, string> credentials) => new()
    {
        SecretKey = Of(credentials, SecretKey),
        PublicKey = Of(credentials, "public_key"),
        ApiKey = Of(credentials, "api_key"),
        HmacSecrets = [
            Of(credentials, "hmac_secret"),
            .. credentials.TryGetValue("previous_hmac_secret", out var previous) ? (string[])[previous.Trim()] : []],
        Moto = credentials.TryGetValue("moto_integration", out var moto) ? NumberOf(moto.Trim()) : null,
        Integrations =
        [
            .. Of(credentials, "integrations").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(NumberOf),
        ],
    };

    /// <summary>
    /// The name of a payment's order at Paymob. If a name was used and its answer was lost, the next attempt has another name.
    /// </summary>
    public static string ReferenceOf(Guid key, int attempt) =>
        attempt == 1 ? $"{key:N}" : string.Create(CultureInfo.InvariantCulture, $"{key:N}.{attempt}");

    private static long NumberOf(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Of(IReadOnlyDictionary<string, string> credentials, string name) =>
        credentials.GetValueOrDefault(name)?.Trim() ?? "";
}
