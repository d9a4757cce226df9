namespace Tollgate.Core.Invoicing;

/// <summary>Money that a customer has with the merchant.</summary>
public enum CreditKind
{
    /// <summary>Given away: comes off the price, before tax. May expire.</summary>
    Promotional,

    /// <summary>The customer's own, paid in before or given back to it: a means of payment, tax included.</summary>
    Prepaid,
}

/// <summary>Why money came or went.</summary>
public enum CreditCause
{
    /// <summary>Somebody gave it or took it back.</summary>
    Manual,

    /// <summary>A change gave more back than it asked for.</summary>
    Proration,

    /// <summary>An invoice took it, or gave it back when it became void.</summary>
    Invoice,

    /// <summary>A paid invoice was credited.</summary>
    CreditNote,

    /// <summary>Money came in for an invoice that asked for less, or for nothing any more.</summary>
    Payment,

    /// <summary>Such money went back to where it came from.</summary>
    Refund,

    /// <summary>What was left when its time was over.</summary>
    Expired,
}
