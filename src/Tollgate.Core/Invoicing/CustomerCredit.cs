namespace Tollgate.Core.Invoicing;

/// <summary>The kinds of credit that a customer has with the merchant.</summary>
public enum CreditKind
{
    /// <summary>A gift that reduces the price before tax. May expire.</summary>
    Promotional,

    /// <summary>The customer's own money, prepaid or returned: a means of payment, tax included.</summary>
    Prepaid,
}

/// <summary>The cause of a credit movement.</summary>
public enum CreditCause
{
    /// <summary>A caller granted it or took it back.</summary>
    Manual,

    /// <summary>A change credited more than it charged.</summary>
    Proration,

    /// <summary>An invoice used it, or returned it when the invoice became void.</summary>
    Invoice,

    /// <summary>A credit note for a paid invoice.</summary>
    CreditNote,

    /// <summary>A payment of more than its invoice still charges.</summary>
    Payment,

    /// <summary>A refund of such a payment to the payer.</summary>
    Refund,

    /// <summary>The rest at its expiry.</summary>
    Expired,
}
