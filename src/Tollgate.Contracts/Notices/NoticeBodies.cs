using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Notices;

/// <summary>A message to show to the customer now. Amounts are in minor units.</summary>
public sealed record NoticeView
{
    /// <summary>
    /// <c>payment_failed</c>, <c>plan_ended</c>, <c>invoice_due</c>, <c>trial_ending</c>, <c>quota_reached</c>, <c>cancel_scheduled</c> or
    /// <c>change_scheduled</c>.
    /// </summary>
    public required string Code { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>: the customer has lost something or loses it next.</summary>
    public required string Severity { get; init; }

    /// <summary>The time at which the reason for the notice began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>A few words of English, for a heading.</summary>
    public required string Title { get; init; }

    /// <summary>Full sentences in English, without markup.</summary>
    public required string Text { get; init; }

    /// <summary>The action that the customer can take. Null: none is needed.</summary>
    public NoticeActionView? Action { get; init; }

    /// <summary>The invoice's id. Null: there is none, or the provider that manages the subscription made it.</summary>
    public string? Invoice { get; init; }

    public string? InvoiceNumber { get; init; }

    /// <summary>The amount that pays the invoice in full.</summary>
    public long? AmountDue { get; init; }

    public string? Currency { get; init; }

    public string? Subscription { get; init; }

    /// <summary>For a threshold: the feature's code.</summary>
    public string? Feature { get; init; }

    /// <summary>For a threshold: the percentage of the granted amount.</summary>
    public int? Percent { get; init; }

    /// <summary>The time of the next automatic charge. Null: there is none, or an attempt is in progress.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>
    /// The time at which something ends, changes or resets automatically: for a failed payment, the end of the plan unless the customer
    /// pays.
    /// </summary>
    public DateTimeOffset? HappensAt { get; init; }
}

/// <param name="Do"><c>pay_invoice</c>, <c>add_payment_method</c>, <c>keep_plan</c> (uncancel: revokes the scheduled cancellation or
/// change), or <c>open_link</c>: on a page of the provider that manages the subscription.</param>
/// <param name="Label">The text of a button.</param>
/// <param name="Url">For <c>open_link</c>: its URL.</param>
public sealed record NoticeActionView(string Do, string Label, string? Url);

public sealed record NoticeList(IReadOnlyList<NoticeView> Data, bool HasMore);
