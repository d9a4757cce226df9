namespace Tollgate.Core.Payments;

/// <summary>A key or secret that a provider needs.</summary>
/// <param name="Name">The name in <c>credentials</c> of the API: <c>secret_key</c>.</param>
/// <param name="Meaning">The place where operators find it.</param>
public sealed record CredentialField(string Name, bool IsRequired, string Meaning);

/// <summary>The capabilities of a provider. Code that collects money checks these, and never the provider's name.</summary>
public sealed record ProviderCapabilities
{
    /// <summary>The capabilities of manual payments: Tollgate cannot request money.</summary>
    public static readonly ProviderCapabilities None = new();

    /// <summary>True if the provider charges a saved method without the customer's presence: renewals, upgrades.</summary>
    public bool ChargesSavedMethods { get; init; }

    /// <summary>True if the provider has a page on which a customer pays.</summary>
    public bool HasCheckout { get; init; }

    /// <summary>
    /// Uses Tollgate's own pages: a customer chooses a card, pays, and answers the bank there. False: the provider hosts its page.
    /// </summary>
    public bool UsesTollgatePages { get; init; }

    /// <summary>True if the provider can close a page that a customer has left, so that nobody pays there any more.</summary>
    public bool ClosesPages { get; init; }

    /// <summary>True if the provider has a page on which a customer manages payment methods.</summary>
    public bool HasPortal { get; init; }

    public bool Refunds { get; init; }

    /// <summary>True if the provider can cancel a payment of the same day before its settlement, without fees.</summary>
    public bool Voids { get; init; }

    /// <summary>True if the provider can renew and invoice subscriptions, which Tollgate then mirrors.</summary>
    public bool ManagesSubscriptions { get; init; }

    /// <summary>True if the provider reports changes by webhooks.</summary>
    public bool SendsWebhooks { get; init; }

    public IReadOnlyList<CredentialField> Credentials { get; init; } = [];
}
