using System.Collections.Frozen;

namespace Tollgate.Core.Payments;

/// <summary>A provider's keys as the database has them: encrypted, by the name that the provider's own pages give them.</summary>
/// <param name="Version">Moves with every change.</param>
public sealed record SealedCredentials(ReadOnlyMemory<byte> Sealed, long Version, DateTimeOffset UpdatedAt);

/// <summary>Who renews and bills a project's new subscriptions. Those that there are stay where they began.</summary>
public enum SubscriptionsBy
{
    Tollgate,

    /// <summary>The payment provider, where a customer subscribes on its page.</summary>
    Provider,
}

/// <summary>The payment provider of a project.</summary>
/// <param name="Provider">New payments and checkouts go there.</param>
/// <param name="Credentials">Also of providers that are not chosen any more: what was paid there is refunded there.</param>
/// <param name="Version">Moves with every change of the choice.</param>
public sealed record PaymentSetup(PaymentProvider Provider, FrozenDictionary<PaymentProvider, SealedCredentials> Credentials, long Version)
{
    public SubscriptionsBy Subscriptions { get; init; }

    /// <summary>Of a project that has chosen nothing.</summary>
    public static readonly PaymentSetup Live = new(PaymentProvider.Manual, FrozenDictionary<PaymentProvider, SealedCredentials>.Empty, 0);

    public static readonly PaymentSetup Sandbox = Live with { Provider = PaymentProvider.Sandbox };
}
