using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Mail;

/// <summary>A mail to a customer or an operator, sent or to be sent.</summary>
public sealed record MailView
{
    public required string Id { get; init; }

    /// <summary>Null: the mail goes to an operator.</summary>
    public string? Customer { get; init; }

    /// <summary>
    /// <c>receipt</c>, <c>payment_failed</c>, <c>trial_ending</c>, <c>quota_threshold</c>, <c>plan_changed</c>,
    /// <c>canceled</c>, or <c>alert</c> to an operator.
    /// </summary>
    public required string Type { get; init; }

    public required string Subject { get; init; }

    /// <summary>
    /// <c>waiting</c>, <c>sent</c>, <c>skipped</c> (Tollgate does not send it) or <c>failed</c> (Tollgate could not send it).
    /// </summary>
    public required string Status { get; init; }

    /// <summary>
    /// The reason why Tollgate does not send it: <c>no_address</c>, <c>unsubscribed</c>, <c>customer_deleted</c>, <c>trial_is_over</c>, or
    /// the answer of the mail server.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The recipient's address, masked after its beginning: <c>a…@example.com</c>. Null: not sent yet.</summary>
    public string? To { get; init; }

    public required int Attempts { get; init; }

    /// <summary>The time of the event that the mail reports, by the project's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The earliest time to send it, by the project's clock; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A mail with its text. Links that only the customer may have lead nowhere here.</summary>
public sealed record MailDetail(MailView Mail, string Text, string Html);

public sealed record MailList(IReadOnlyList<MailView> Data, bool HasMore);
