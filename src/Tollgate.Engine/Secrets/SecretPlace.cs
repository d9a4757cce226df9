using System.Globalization;
using System.Text;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// The place of a secret in the database. The ciphertext is bound to it: a copy in another row or another project cannot be decrypted.
/// </summary>
/// <param name="Purpose">The purpose, which has its own key.</param>
/// <param name="Row">The primary key of the row.</param>
public readonly record struct SecretPlace(string Purpose, string Row)
{
    internal byte[] Bound => Encoding.UTF8.GetBytes(Purpose + "\n" + Row);

    /// <summary>The key and headers that the gateway sends to a provider.</summary>
    public static SecretPlace Upstream(int project, string provider) => new("upstreams", Of(project, provider));

    /// <summary>A project's account at a payment provider.</summary>
    public static SecretPlace ProviderKeys(int project, string provider) => new("payments", Of(project, provider));

    /// <summary>The secret that signs deliveries to an endpoint.</summary>
    public static SecretPlace Webhook(Guid endpoint) => new("webhooks", endpoint.ToString("D"));

    /// <summary>The provider's token of a saved card.</summary>
    public static SecretPlace Card(Guid method) => new("cards", method.ToString("D"));

    /// <summary>The body of a provider event: some contain card tokens and client secrets.</summary>
    public static SecretPlace ProviderEvent(int project, string provider, string id) => new("inbox", Of(project, provider) + "/" + id);

    /// <summary>The address of a provider's page: anyone with the address can pay there.</summary>
    public static SecretPlace Page(Guid row) => new("pages", row.ToString("D"));

    /// <summary>The page on which a customer sees and pays a provider's invoice.</summary>
    public static SecretPlace InvoicePage(int project, string provider, string reference) =>
        new("pages", Of(project, provider) + "/" + reference);

    /// <summary>A key of the server itself, such as the one that signs links in mails.</summary>
    public static SecretPlace Signing(string name) => new("signing", name);

    /// <summary>The words by which a running erasure finds its customer in texts.</summary>
    public static SecretPlace Erasure(Guid erasure) => new("erasures", erasure.ToString("D"));

    /// <summary>A key that encrypts the texts of a customer's usage.</summary>
    public static SecretPlace UsageKey(short partition, int account, short number) =>
        new("usage", string.Create(CultureInfo.InvariantCulture, $"{partition}/{account}/{number}"));

    private static string Of(int project, string provider) => string.Create(CultureInfo.InvariantCulture, $"{project}/{provider}");
}
