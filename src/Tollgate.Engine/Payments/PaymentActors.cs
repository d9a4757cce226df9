namespace Tollgate.Engine.Payments;

/// <summary>The actors that facts about money name.</summary>
internal static class PaymentActors
{
    /// <summary>The actor of automatic actions.</summary>
    public const string System = "system";

    /// <summary>The note of an invoice's fact about the payment that paid it.</summary>
    public static string NoteOf(Guid payment) => $"payment {payment:D}";
}
