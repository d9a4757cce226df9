using System.Globalization;
using System.Text;

namespace Tollgate.Engine.Secrets;

/// <summary>
/// Where a secret lies. The ciphertext is bound to it, so that a row copied onto another row, or into another project, opens nowhere.
/// </summary>
/// <param name="Purpose">Has a key of its own.</param>
/// <param name="Row">The primary key of the row.</param>
public readonly record struct SecretPlace(string Purpose, string Row)
{
    internal byte[] Bound => Encoding.UTF8.GetBytes(Purpose + "\n" + Row);

    /// <summary>The key and headers that the gateway sends to a provider.</summary>
    public static SecretPlace Upstream(int project, string provider) => new("upstreams", Of(project, provider));

    /// <summary>A project's account at a payment provider.</summary>
    public static SecretPlace ProviderKeys(int project, string provider) => new("payments", Of(project, provider));

    /// <summary>What deliveries to an endpoint are signed with.</summary>
    public static SecretPlace Webhook(Guid endpoint) => new("webhooks", endpoint.ToString("D"));

    /// <summary>What a provider charges a saved card by.</summary>
    public static SecretPlace Card(Guid method) => new("cards", method.ToString("D"));

    /// <summary>The body of a provider's event: some carry card tokens and client secrets.</summary>
    public static SecretPlace ProviderEvent(int project, string provider, string id) => new("inbox", Of(project, provider) + "/" + id);

    /// <summary>The address of a provider's page: who has it can pay there.</summary>
    public static SecretPlace Page(Guid row) => new("pages", row.ToString("D"));

    /// <summary>Where a customer sees and pays an invoice that a provider made.</summary>
    public static SecretPlace InvoicePage(int project, string provider, string reference) =>
        new("pages", Of(project, provider) + "/" + reference);

    /// <summary>A key of the server's own, such as the one of links in mails.</summary>
    public static SecretPlace Signing(string name) => new("signing", name);

    private static string Of(int project, string provider) => string.Create(CultureInfo.InvariantCulture, $"{project}/{provider}");
}
