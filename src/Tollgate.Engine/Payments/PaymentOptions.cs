using Tollgate.Engine.Payments.Stripe;

namespace Tollgate.Engine.Payments;

/// <param name="AskAfter">The time after which Tollgate asks a provider for a missing result. Default 30 seconds.</param>
public sealed record PaymentOptions(TimeSpan AskAfter)
{
    private const int DefaultSeconds = 30;

    /// <summary>
    /// The maximum number of sockets to one provider. A payment takes a second or two, so 32 allow a thousand payments a minute; more would
    /// use file handles that other parts need.
    /// </summary>
    public const int MostConnections = 32;

    public static readonly PaymentOptions Default = new(TimeSpan.FromSeconds(DefaultSeconds));

    /// <summary>Stripe's address and time limit. Default: Stripe's own address, 20 seconds.</summary>
    public StripeOptions Stripe { get; init; } = StripeOptions.Default;
}
