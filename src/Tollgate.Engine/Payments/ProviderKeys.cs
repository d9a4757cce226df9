using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Payments;

/// <summary>
/// Encrypts the keys of providers for the database, and decrypts them for a call. Decrypted keys are cached as long as their encrypted
/// form.
/// </summary>
public sealed class ProviderKeys(SecretBox box)
{
    private readonly ConditionalWeakTable<SealedCredentials, IReadOnlyDictionary<string, string>> _opened = [];

    public byte[] Close(ProjectSnapshot project, PaymentProvider provider, IReadOnlyDictionary<string, string> credentials) =>
        box.Close(JsonSerializer.SerializeToUtf8Bytes(credentials), Place(project, provider));

    /// <summary>
    /// Returns null if the project has none, or if no master key of this server opens them; the log names the missing one.
    /// </summary>
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

        if (box.Open(closed.Sealed.Span, Place(project, provider)) is not { } text)
        {
            return null;
        }

        var read = JsonSerializer.Deserialize<Dictionary<string, string?>>(text) ?? [];
        return _opened.GetValue(
            closed, _ => read.Where(static one => one.Value is not null)
                .ToFrozenDictionary(static one => one.Key, static one => one.Value!, StringComparer.Ordinal));
    }

    private static SecretPlace Place(ProjectSnapshot project, PaymentProvider provider) =>
        SecretPlace.ProviderKeys(project.Id, CatalogWords.Of(provider));
}
