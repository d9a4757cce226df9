using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Payments;

public sealed record PaymentSettingsRequest
{
    /// <summary><c>sandbox</c> (sandbox projects only), <c>manual</c>, <c>stripe</c> or <c>paymob</c>.</summary>
    [Required]
    public string? Provider { get; init; }

    /// <summary>
    /// All keys of the provider, by name; left out: those that are stored stay. They are kept encrypted and never shown again.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Credentials { get; init; }

    /// <summary>
    /// Who renews and bills new subscriptions that are paid on a page: <c>tollgate</c>, or the <c>provider</c> where it can. Left out: as
    /// before, and <c>tollgate</c> with another provider than before.
    /// </summary>
    public string? Subscriptions { get; init; }
}

/// <summary>The project's payment provider.</summary>
public sealed record PaymentSettingsView
{
    public required string Provider { get; init; }

    /// <summary>Everything that it needs is stored and can be read.</summary>
    public required bool Configured { get; init; }

    /// <summary>The party that renews and bills new subscriptions from a checkout: <c>tollgate</c> or <c>provider</c>.</summary>
    public required string Subscriptions { get; init; }

    public required ProviderCapabilitiesView Capabilities { get; init; }

    /// <summary>The credentials that the provider takes, and whether each is stored.</summary>
    public required IReadOnlyList<CredentialView> Credentials { get; init; }

    /// <summary>The path for the provider's webhooks; null: it sends none.</summary>
    public string? WebhookPath { get; init; }
}

/// <param name="ChargesSavedMethods">It charges a saved method while the customer is not there: renewals, upgrades.</param>
/// <param name="ManagesSubscriptions">It can renew and invoice subscriptions itself.</param>
public sealed record ProviderCapabilitiesView(
    bool ChargesSavedMethods, bool Checkout, bool Portal, bool Refunds, bool Voids, bool ManagesSubscriptions, bool Webhooks);

/// <param name="Meaning">The place where you find it.</param>
public sealed record CredentialView(string Name, bool Required, bool Stored, string Meaning);
