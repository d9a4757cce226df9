using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Payments;

public sealed record PaymentSettingsRequest
{
    /// <summary><c>sandbox</c> (sandbox projects only), <c>manual</c>, <c>stripe</c> or <c>paymob</c>.</summary>
    [Required]
    public string? Provider { get; init; }

    /// <summary>
    /// All keys of the provider, by name; left out: the stored ones stay. Tollgate stores them encrypted and never shows them again.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Credentials { get; init; }

    /// <summary>
    /// The party that renews and bills new subscriptions from a checkout: <c>tollgate</c>, or <c>provider</c> if the provider can. Left
    /// out: unchanged, or <c>tollgate</c> if the provider changes.
    /// </summary>
    public string? Subscriptions { get; init; }
}

/// <summary>The project's payment provider.</summary>
public sealed record PaymentSettingsView
{
    public required string Provider { get; init; }

    /// <summary>True: all required credentials are stored and readable.</summary>
    public required bool Configured { get; init; }

    /// <summary>The party that renews and bills new subscriptions from a checkout: <c>tollgate</c> or <c>provider</c>.</summary>
    public required string Subscriptions { get; init; }

    public required ProviderCapabilitiesView Capabilities { get; init; }

    /// <summary>The credentials that the provider takes, and whether each is stored.</summary>
    public required IReadOnlyList<CredentialView> Credentials { get; init; }

    /// <summary>The path for the provider's webhooks; null: the provider sends none.</summary>
    public string? WebhookPath { get; init; }
}

/// <param name="ChargesSavedMethods">The provider can charge a saved method without the customer: renewals, upgrades.</param>
/// <param name="ManagesSubscriptions">The provider can renew and invoice subscriptions.</param>
public sealed record ProviderCapabilitiesView(
    bool ChargesSavedMethods, bool Checkout, bool Portal, bool Refunds, bool Voids, bool ManagesSubscriptions, bool Webhooks);

/// <param name="Meaning">The place where you find it.</param>
public sealed record CredentialView(string Name, bool Required, bool Stored, string Meaning);
