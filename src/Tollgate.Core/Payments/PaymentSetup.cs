using System.Collections.Frozen;

namespace Tollgate.Core.Payments;

/// <summary>A provider's credentials as the database stores them: encrypted, under the names that the provider's own pages use.</summary>
/// <param name="Version">Increases with every change.</param>
public sealed record SealedCredentials(ReadOnlyMemory<byte> Sealed, long Version);

/// <summary>The party that renews and bills a project's new subscriptions. Existing ones stay where they began.</summary>
public enum SubscriptionsBy
{
    Tollgate,

    /// <summary>The payment provider, if a customer subscribes on its page.</summary>
    Provider,
}

/// <summary>The payment provider of a project.</summary>
/// <param name="Provider">The provider of new payments and checkouts.</param>
/// <param name="Credentials">The credentials, also of former providers: they refund their own payments.</param>
/// <param name="Version">Increases with every change of the choice.</param>
public sealed record PaymentSetup(PaymentProvider Provider, FrozenDictionary<PaymentProvider, SealedCredentials> Credentials, long Version)
{
    public SubscriptionsBy Subscriptions { get; init; }

    /// <summary>The setup of a project that has chosen no provider.</summary>
    public static readonly PaymentSetup Live = new(PaymentProvider.Manual, FrozenDictionary<PaymentProvider, SealedCredentials>.Empty, 0);

    public static readonly PaymentSetup Sandbox = Live with { Provider = PaymentProvider.Sandbox };
}
