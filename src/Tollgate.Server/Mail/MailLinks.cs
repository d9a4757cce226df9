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

/// <summary>Who asks to get no more mails of a type.</summary>
internal sealed record Refusal(int Project, string Customer, MailType Type);

/// <summary>Links that stand in mails: whoever has one has been given it.</summary>
internal sealed class MailLinks(
    SigningKeys keys, OpenCheckout checkouts, PaymentProviders providers, IOptions<HttpOptions> http, MailHome home)
{
    private const string Actor = "mail";

    /// <summary>A customer's id has 255 characters, each of up to 4 bytes.</summary>
    private const int LongestToken = 2_000;

    /// <summary>In place of links in a preview.</summary>
    public static readonly Uri Hidden = new("https://example.invalid/only-in-the-mail");

    private Uri Server => http.Value.PublicUrl ?? home.Url;

    public Uri Unsubscribe(ProjectSnapshot project, MailRow mail) => new(
        Server, $"/v1/mail/unsubscribe?token={Sign(string.Join('\n', project.Id, CatalogWords.Of(mail.Type), mail.Customer))}");

    /// <summary>Null: nobody has signed this.</summary>
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

    /// <summary>Encrypted, so that an address of a mail tells nobody who the customer is, and authenticated.</summary>
    private string Sign(string text) => Base64Url.EncodeToString(Aead.Close(keys.OfMail(), Encoding.UTF8.GetBytes(text)));

    /// <summary>The catalogue's <c>upgrade_url</c>. Null: the mail is not about usage.</summary>
    public Uri? Upgrade(ProjectSnapshot project, MailRow mail, MailUsage? usage) => usage is null
        ? null
        : new(UpgradeLink.Of(project, Server, mail.Customer, mail.Data.GetProperty("feature").GetString()!, usage.Plan));

    /// <summary>
    /// A page of ours on which the invoice of a failed payment is paid. Null: nothing is due any more, or the page would be the provider's,
    /// where an attempt would wait and keep the next one of dunning from being made.
    /// </summary>
    public async Task<Uri?> PayAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        if (mail.Type != MailType.PaymentFailed || !providers.CapabilitiesOf(project).UsesTollgatePages)
        {
            return null;
        }

        var order = new NewCheckout(
            mail.Customer, CheckoutKind.Invoice, new() { Invoice = mail.Data.GetProperty("invoice").GetGuid() }, null, null,
            CheckoutLife.OfInvoice, Issuer.Server);
        var answer = await checkouts.RunAsync(project, order, Server, Actor, cancel);
        return answer.Outcome == CheckoutOutcome.Done ? answer.Page : null;
    }
}

/// <summary>Where this server is, and where it writes mails that do not leave it.</summary>
/// <param name="Url">Where it listens: of links, where nobody has said how customers reach it.</param>
public sealed record MailHome(Uri Url, string Folder);
