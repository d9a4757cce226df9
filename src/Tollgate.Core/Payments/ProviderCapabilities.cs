namespace Tollgate.Core.Payments;

/// <summary>A key or secret that a provider needs.</summary>
/// <param name="Name">As in <c>credentials</c> of the API: <c>secret_key</c>.</param>
/// <param name="Meaning">Where it is found, for people.</param>
public sealed record CredentialField(string Name, bool IsRequired, string Meaning);

/// <summary>What a provider can do. Who asks for money looks here, and never at the provider's name.</summary>
public sealed record ProviderCapabilities
{
    /// <summary>Of money that comes by itself: nothing can be asked for.</summary>
    public static readonly ProviderCapabilities None = new();

    /// <summary>Charges a saved method while the customer is not there: renewals, upgrades.</summary>
    public bool ChargesSavedMethods { get; init; }

    /// <summary>Has a page on which a customer pays.</summary>
    public bool HasCheckout { get; init; }

    /// <summary>Closes a page that a customer has left, so that nobody pays there any more.</summary>
    public bool ClosesPages { get; init; }

    /// <summary>Has a page on which a customer manages methods.</summary>
    public bool HasPortal { get; init; }

    public bool Refunds { get; init; }

    /// <summary>Takes back a payment of the same day before it is settled, without fees.</summary>
    public bool Voids { get; init; }

    /// <summary>Can renew and invoice subscriptions itself, which Tollgate then mirrors.</summary>
    public bool ManagesSubscriptions { get; init; }

    /// <summary>Tells by webhooks what happened.</summary>
    public bool SendsWebhooks { get; init; }

    public IReadOnlyList<CredentialField> Credentials { get; init; } = [];
}
