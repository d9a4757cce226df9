using System.ComponentModel.DataAnnotations;
using Tollgate.Contracts.Subscriptions;

namespace Tollgate.Contracts.Checkouts;

/// <summary>The purpose of a checkout: one of <c>plan</c>, <c>pack</c>, <c>invoice</c> and <c>setup</c>.</summary>
public sealed record CreateCheckoutRequest
{
    /// <summary>Tollgate creates an unknown customer. Left out: the customer of the invoice.</summary>
    [Required]
    public string? Customer { get; init; }

    /// <summary>Code of the plan. If the customer already has a subscription, the checkout changes it.</summary>
    public string? Plan { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> (default) or <c>yearly</c>.</summary>
    public string? Period { get; init; }

    /// <summary>ISO 4217; left out: the customer's, or the project's.</summary>
    public string? Currency { get; init; }

    /// <summary>Seats, or the multiple of the plan's price; default 1.</summary>
    public long? Quantity { get; init; }

    public IReadOnlyList<AddOnOrder>? AddOns { get; init; }

    /// <summary>
    /// Left out: the plan's trial, if the customer has not had one. At its end, the trial converts if the customer saved a card on the
    /// page; otherwise the subscription ends.
    /// </summary>
    public bool? Trial { get; init; }

    public string? Coupon { get; init; }

    /// <summary>
    /// For a plan without a trial that costs nothing now and something later: <c>always</c> (default) asks for a payment method,
    /// <c>if_required</c> only if an amount is due. It applies to the sandbox's page; the pages of other providers take a method only with
    /// a payment.
    /// </summary>
    public string? PaymentMethod { get; init; }

    /// <summary>Code of a credit pack, instead of a plan.</summary>
    public string? Pack { get; init; }

    /// <summary>The number of packs. Default: 1.</summary>
    public long? Count { get; init; }

    /// <summary>Id of an open invoice, instead of a plan.</summary>
    public string? Invoice { get; init; }

    /// <summary>The customer only saves a payment method.</summary>
    public bool? Setup { get; init; }

    /// <summary>
    /// The URL to which the page redirects after payment: http or https. Tollgate replaces <c>{CHECKOUT_ID}</c> by the checkout's id.
    /// Optional for an invoice.
    /// </summary>
    [Required]
    public string? SuccessUrl { get; init; }

    /// <summary>The URL to which the page redirects if the customer cancels.</summary>
    [Required]
    public string? CancelUrl { get; init; }
}

public sealed record CheckoutView
{
    public required string Id { get; init; }

    /// <summary>The URL of the page. Only the answer to the creation has it; null afterwards.</summary>
    public string? Url { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required string Customer { get; init; }

    /// <summary><c>subscription</c>, <c>pack</c>, <c>invoice</c> or <c>setup</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// <c>open</c>, <c>completed</c>, <c>expired</c> or <c>credited</c>: the payment arrived when the order was no longer possible, and
    /// became the customer's credit. A checkout that is not completed gives nothing.
    /// </summary>
    public required string Status { get; init; }

    public string? SuccessUrl { get; init; }

    public string? CancelUrl { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The subscription that began or changed.</summary>
    public string? Subscription { get; init; }

    public string? Invoice { get; init; }

    /// <summary>The payment that succeeded; null: nothing was due. If <c>credited</c>: the payment whose money became credit.</summary>
    public string? Payment { get; init; }
}

public sealed record CheckoutList(IReadOnlyList<CheckoutView> Data, bool HasMore);

public sealed record PortalSessionRequest
{
    /// <summary>Required unless the caller uses a customer token.</summary>
    public string? Customer { get; init; }

    /// <summary>The URL to which the page links back: http or https.</summary>
    public string? ReturnUrl { get; init; }
}

/// <param name="Url">Anybody who has it sees the customer's plan, invoices and cards, and can change the payment method.</param>
/// <param name="Id">The id to list and revoke it by.</param>
public sealed record PortalSessionView(string Id, string Url, DateTimeOffset ExpiresAt);

/// <summary>A portal session in a list: never its URL.</summary>
public sealed record PortalSessionItem
{
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }

    public string? ReturnUrl { get; init; }

    /// <summary>The id of the key that opened it, or that issued the customer token which opened it.</summary>
    public string? IssuedBy { get; init; }

    /// <summary>The id of the customer token that opened it.</summary>
    public string? Token { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The time at which it, or the key or token that opened it, was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

public sealed record PortalSessionList(IReadOnlyList<PortalSessionItem> Data, bool HasMore);
