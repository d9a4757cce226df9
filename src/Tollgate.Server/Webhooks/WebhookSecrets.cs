using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Outbound;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Webhooks;

/// <summary>Creates the secrets of endpoints, encrypts them for the database, and decrypts them to sign.</summary>
internal sealed class WebhookSecrets(SecretBox box)
{
    private const int Bytes = 32;

    public static WebhookSecret Make() => WebhookSecret.Of(RandomNumberGenerator.GetBytes(Bytes));

    public byte[] Close(Guid endpoint, WebhookSecret secret) =>
        box.Close(Encoding.UTF8.GetBytes(secret.Text), SecretPlace.Webhook(endpoint));

    /// <summary>Null: no master key of this server decrypts it; the log names the missing key.</summary>
    public WebhookSecret? Open(Guid endpoint, byte[] closed) =>
        box.Open(closed, SecretPlace.Webhook(endpoint)) is { } text ? WebhookSecret.Parse(Encoding.UTF8.GetString(text)) : null;
}
