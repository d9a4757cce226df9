namespace Tollgate.Engine.Payments;

/// <summary>How facts name who did something with money.</summary>
internal static class PaymentActors
{
    /// <summary>What happens by itself.</summary>
    public const string System = "system";

    /// <summary>What an invoice's fact says of the payment that paid it.</summary>
    public static string NoteOf(Guid payment) => $"payment {payment:D}";
}
