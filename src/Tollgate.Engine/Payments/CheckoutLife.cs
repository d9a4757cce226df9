namespace Tollgate.Engine.Payments;

/// <summary>The time for which a payment page can be used.</summary>
public static class CheckoutLife
{
    public static readonly TimeSpan Default = TimeSpan.FromHours(24);

    /// <summary>The link of an open invoice: for as long as customers may use it in a mail.</summary>
    public static readonly TimeSpan OfInvoice = TimeSpan.FromDays(60);
}
