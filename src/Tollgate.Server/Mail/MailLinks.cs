using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Options;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Mail;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Mail;

/// <summary>A customer's request to unsubscribe from a type of mail.</summary>
internal sealed record Refusal(int Project, string Customer, MailType Type);

/// <summary>Creates and reads the links in mails. A link authorises its holder.</summary>
internal sealed class MailLinks(
    SigningKeys keys, OpenCheckout checkouts, PaymentProviders providers, IOptions<HttpOptions> http, MailHome home)
{
    private const string Actor = "mail";

    /// <summary>The longest token: a customer's id has up to 255 characters, each of up to 4 bytes.</summary>
    private const int LongestToken = 2_000;

    /// <summary>Replaces links in a preview.</summary>
    public static readonly Uri Hidden = new("https://example.invalid/only-in-the-mail");

    private Uri Server => http.Value.PublicUrl ?? home.Url;

    public Uri Unsubscribe(ProjectSnapshot project, MailRow mail) => new(
        Server, $"/v1/mail/unsubscribe?token={Sign(string.Join('\n', project.Id, CatalogWords.Of(mail.Type), mail.Customer!))}");

    /// <summary>Null: the signature is invalid.</summary>
    public Refusal? Read(string token)
    {
        if (token.Length > LongestToken || !Base64Url.IsValid(token)
            || Aead.Open(keys.OfMail(), Base64Url.DecodeFromChars(token)) is not { } text)
        {
            return null;
        }

        var parts = Encoding.UTF8.GetString(text).Split('\n', 3);
        return new(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[2], CatalogWords.Read<MailType>(parts[1]));
    }

    /// <summary>Encrypts, so that a URL in a mail does not reveal the customer, and authenticates.</summary>
    private string Sign(string text) => Base64Url.EncodeToString(Aead.Close(keys.OfMail(), Encoding.UTF8.GetBytes(text)));

    /// <summary>The catalogue's <c>upgrade_url</c>. Null: the mail is not about usage.</summary>
    public Uri? Upgrade(ProjectSnapshot project, MailRow mail, MailUsage? usage) => usage is null
        ? null
        : new(UpgradeLink.Of(project, Server, mail.Customer!, mail.Data.GetProperty("feature").GetString()!, usage.Plan));

    /// <summary>
    /// Returns Tollgate's page on which the customer pays the invoice of a failed payment. Null: nothing is due, or the page would be the
    /// provider's, where a pending attempt would block the next attempt of dunning.
    /// </summary>
    public async Task<Uri?> PayAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        if (mail.Type != MailType.PaymentFailed || !providers.CapabilitiesOf(project).UsesTollgatePages)
        {
            return null;
        }

        var order = new NewCheckout(
            mail.Customer!, CheckoutKind.Invoice, new() { Invoice = mail.Data.GetProperty("invoice").GetGuid() }, null, null,
            CheckoutLife.OfInvoice, Issuer.Server);
        var answer = await checkouts.RunAsync(project, order, Server, Actor, cancel);
        return answer.Outcome == CheckoutOutcome.Done ? answer.Page : null;
    }
}

/// <summary>The address of this server, and the folder of mails that it writes to files.</summary>
/// <param name="Url">The listening address, for links if no public URL is configured.</param>
public sealed record MailHome(Uri Url, string Folder);
