namespace Tollgate.Core.Mail;

/// <summary>The types of mail to customers, and to operators.</summary>
public enum MailType
{
    /// <summary>Confirms that an invoice is paid.</summary>
    Receipt,

    /// <summary>A payment of an invoice failed.</summary>
    PaymentFailed,

    /// <summary>Announces the end of a trial three days before.</summary>
    TrialEnding,

    /// <summary>Usage reached a threshold of the limit.</summary>
    QuotaThreshold,
    PlanChanged,

    /// <summary>The subscription has ended, or will end.</summary>
    Canceled,

    /// <summary>An alert, to an operator.</summary>
    Alert,

    /// <summary>A scheduled report, to the addresses of its schedule.</summary>
    Report,
}

public enum MailState
{
    Waiting,
    Sent,

    /// <summary>Tollgate decided not to send it; the reason says why.</summary>
    Skipped,

    /// <summary>The mail could not be sent.</summary>
    Failed,
}

/// <summary>The schedule of retries, and the mails that customers can refuse.</summary>
public static class MailRules
{
    /// <summary>
    /// The time for which a server holds a mail exclusively: a conversation with a slow server, and a margin to record its result.
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);

    /// <summary>The same for a report: the time to write it, a conversation, and a margin.</summary>
    public static readonly TimeSpan LeaseOfReport = TimeSpan.FromMinutes(5);

    /// <summary>The most time to write a report.</summary>
    public static readonly TimeSpan LongestReport = TimeSpan.FromMinutes(2);

    /// <summary>The pauses between attempts. Mail servers defer unknown senders for minutes, and are down for hours.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
    ];

    /// <summary>Returns the time until the next attempt; null: it was the last.</summary>
    /// <param name="attempts">The attempts so far, including the failed one.</param>
    /// <param name="isFinal">True if the mail server refused the mail and will do so again.</param>
    public static TimeSpan? RetryIn(int attempts, bool isFinal) => isFinal || attempts > Pauses.Length ? null : Pauses[attempts - 1];

    /// <summary>
    /// True if the mail server will give the same answer again. False if it refused the sender instead of the mail: no encryption, no or a
    /// wrong login (530 to 538, enhanced codes 5.7), which an operator can fix (RFC 4954, RFC 3463).
    /// </summary>
    /// <param name="status">The SMTP status; negative: no answer.</param>
    public static bool IsFinal(int status, string said) =>
        status is >= 500 and <= 599 and not (530 or 534 or 535 or 538) && !said.Contains(" 5.7.", StringComparison.Ordinal);

    /// <summary>
    /// True for mails that customers can refuse. Mails about money and about a customer's own request are part of the contract.
    /// </summary>
    public static bool CanBeRefused(MailType type) => type == MailType.QuotaThreshold;
}
