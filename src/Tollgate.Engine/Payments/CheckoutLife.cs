namespace Tollgate.Engine.Payments;

/// <summary>How long a page on which somebody pays can be used.</summary>
public static class CheckoutLife
{
    public static readonly TimeSpan Default = TimeSpan.FromHours(24);

    /// <summary>The link of an open invoice: as long as somebody may read the mail that it stands in.</summary>
    public static readonly TimeSpan OfInvoice = TimeSpan.FromDays(60);
}
