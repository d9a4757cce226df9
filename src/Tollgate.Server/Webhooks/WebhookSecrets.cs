using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Tollgate.Core.Webhooks;

namespace Tollgate.Server.Webhooks;

/// <summary>Makes the secrets of endpoints, encrypts them for the database and opens them to sign.</summary>
internal sealed class WebhookSecrets(IDataProtectionProvider protection, ILogger<WebhookSecrets> log)
{
    private const int Bytes = 32;

    private readonly IDataProtector _protector = protection.CreateProtector("webhooks");

    public static WebhookSecret Make() => WebhookSecret.Of(RandomNumberGenerator.GetBytes(Bytes));

    public byte[] Close(WebhookSecret secret) => _protector.Protect(Encoding.UTF8.GetBytes(secret.Text));

    /// <summary>Null: the key that closed it is not among the database's protection keys.</summary>
    public WebhookSecret? Open(byte[] closed)
    {
        try
        {
            return WebhookSecret.Parse(Encoding.UTF8.GetString(_protector.Unprotect(closed)));
        }
        catch (CryptographicException e)
        {
            log.LogError(e, "The secret of a webhook endpoint cannot be decrypted: its key is not in the database. Rotate it.");
            return null;
        }
    }
}
