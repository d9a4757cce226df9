namespace Tollgate.Core.Mail;

/// <summary>What customers are written.</summary>
public enum MailType
{
    /// <summary>An invoice is paid.</summary>
    Receipt,

    /// <summary>An invoice could not be collected.</summary>
    PaymentFailed,

    /// <summary>Three days before.</summary>
    TrialEnding,

    /// <summary>Usage went through a threshold of what was granted.</summary>
    QuotaThreshold,
    PlanChanged,

    /// <summary>The subscription has ended, or will.</summary>
    Canceled,
}

public enum MailState
{
    Waiting,
    Sent,

    /// <summary>It was not to be sent; the reason says why.</summary>
    Skipped,

    /// <summary>It could not be sent.</summary>
    Failed,
}

/// <summary>When a mail is tried again, and who can refuse it.</summary>
public static class MailRules
{
    /// <summary>
    /// How long a server has a mail to itself: a conversation with a slow server, and time to write down what came of it.
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);

    /// <summary>Between attempts. Mail servers put off what they do not know for minutes, and are away for hours.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6),
        TimeSpan.FromHours(12),
    ];

    /// <summary>Until the next attempt; null: that was the last.</summary>
    /// <param name="attempts">Made, with the one that failed.</param>
    /// <param name="isFinal">The mail server refused it and will do so again.</param>
    public static TimeSpan? RetryIn(int attempts, bool isFinal) => isFinal || attempts > Pauses.Length ? null : Pauses[attempts - 1];

    /// <summary>
    /// Whether a mail server that said this will say so again. Not where it refused whoever sends and not the mail: no encryption, no or a
    /// wrong login (530 to
    /// 538, enhanced codes 5.7), which somebody sets right (RFC 4954, RFC 3463).
    /// </summary>
    /// <param name="status">Of SMTP; negative: there was no answer.</param>
    public static bool IsFinal(int status, string said) =>
        status is >= 500 and <= 599 and not (530 or 534 or 535 or 538) && !said.Contains(" 5.7.", StringComparison.Ordinal);

    /// <summary>Mails about money and about what a customer asked for are part of the contract; the others can be refused.</summary>
    public static bool CanBeRefused(MailType type) => type == MailType.QuotaThreshold;
}
