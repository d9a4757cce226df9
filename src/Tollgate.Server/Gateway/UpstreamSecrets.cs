using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Tollgate.Contracts.Gateway;
using Tollgate.Core.Gateway;

namespace Tollgate.Server.Gateway;

/// <summary>Encrypts the credentials of upstreams for the database, and opens them for a call. Opened ones are kept as long as their upstream is.</summary>
internal sealed class UpstreamSecrets(IDataProtectionProvider protection, ILogger<UpstreamSecrets> log)
{
    private readonly IDataProtector _protector = protection.CreateProtector("upstreams");
    private readonly ConditionalWeakTable<Upstream, UpstreamCredentials> _opened = [];

    public byte[] Close(UpstreamCredentials credentials) =>
        _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(credentials, GatewayJson.Default.UpstreamCredentials));

    /// <summary>Null: the key that closed them is not among the database's protection keys.</summary>
    public UpstreamCredentials? Open(Upstream upstream)
    {
        if (_opened.TryGetValue(upstream, out var known))
        {
            return known;
        }

        try
        {
            var text = _protector.Unprotect(upstream.Sealed.ToArray());
            var read = JsonSerializer.Deserialize(text, GatewayJson.Default.UpstreamCredentials)!;
            return _opened.GetValue(upstream, _ => read with { Headers = new Dictionary<string, string>(read.Headers, StringComparer.OrdinalIgnoreCase) });
        }
        catch (CryptographicException e)
        {
            log.LogError(e, "The credentials of the upstream {Provider} cannot be decrypted: their key is not in the database. Set them again.", upstream.Provider);
            return null;
        }
    }
}
