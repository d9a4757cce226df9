using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>Encrypts the keys of providers for the database, and opens them for a call. Opened ones are kept as long as what they were opened from.</summary>
public sealed class ProviderKeys(IDataProtectionProvider protection, ILogger<ProviderKeys> log)
{
    private readonly IDataProtector _protector = protection.CreateProtector("payments");
    private readonly ConditionalWeakTable<SealedCredentials, IReadOnlyDictionary<string, string>> _opened = [];

    public byte[] Close(IReadOnlyDictionary<string, string> credentials) => _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(credentials));

    /// <summary>Null: the project has none, or the key that closed them is not among the database's protection keys.</summary>
    public IReadOnlyDictionary<string, string>? Open(ProjectSnapshot project, PaymentProvider provider)
    {
        if (!project.Payments.Credentials.TryGetValue(provider, out var closed))
        {
            return null;
        }

        if (_opened.TryGetValue(closed, out var known))
        {
            return known;
        }

        try
        {
            var read = JsonSerializer.Deserialize<Dictionary<string, string>>(_protector.Unprotect(closed.Sealed.ToArray()))!;
            return _opened.GetValue(closed, _ => read.ToFrozenDictionary(StringComparer.Ordinal));
        }
        catch (CryptographicException e)
        {
            log.LogError(e, "The keys of {Provider} of project {Project} cannot be decrypted: their key is not in the database. Set them again.", provider, project.Code);
            return null;
        }
    }
}
