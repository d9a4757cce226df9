using Tollgate.Engine.Payments.Stripe;

namespace Tollgate.Engine.Payments;

/// <param name="AskAfter">How long an answer of a provider may take before it is asked what it did. Default 30 seconds.</param>
public sealed record PaymentOptions(TimeSpan AskAfter)
{
    private const int DefaultSeconds = 30;

    /// <summary>
    /// Sockets to one provider. A payment takes a second or two, so 32 are a thousand payments a minute; more would take the files of
    /// others.
    /// </summary>
    public const int MostConnections = 32;

    public static readonly PaymentOptions Default = new(TimeSpan.FromSeconds(DefaultSeconds));

    /// <summary>Where Stripe is, and how long it may take. Default: Stripe's own address, 20 seconds.</summary>
    public StripeOptions Stripe { get; init; } = StripeOptions.Default;
}
