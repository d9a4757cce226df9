using System.Globalization;
using System.Net.Mail;

namespace Tollgate.Server.Mail;

/// <summary>The delivery of mail.</summary>
/// <param name="Host">Null: Tollgate sends no mail and writes mails to files.</param>
/// <param name="IsSecure">True: the connection is encrypted (STARTTLS); otherwise names and amounts are sent in clear text.</param>
/// <param name="MostAnHour">The maximum number of mails of one project in an hour.</param>
public sealed record MailOptions(
    string? Host = null, int Port = MailOptions.SubmissionPort, string? User = null, string? Password = null,
    string From = MailOptions.Nobody, bool IsSecure = true, int MostAnHour = MailOptions.DefaultAnHour)
{
    private const int DefaultAnHour = 10_000;
    private const int SubmissionPort = 587;
    private const int HighestPort = 65_535;
    private const string Nobody = "billing@localhost";

    /// <param name="faults">All faults, each with the value seen.</param>
    internal static MailOptions Read(Func<string, string?> environment, List<string> faults)
    {
        var (host, port, from) = (Of("HOST"), SubmissionPort, Of("FROM") ?? Nobody);
        if (Of("PORT") is { } text
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= HighestPort))
        {
            faults.Add($"TOLLGATE_SMTP_PORT is \"{text}\": it must be a TCP port, 1 to {HighestPort}.");
        }

        if (!MailAddress.TryCreate(from, out _))
        {
            faults.Add($"TOLLGATE_SMTP_FROM is \"{from}\": it must be a mail address, such as billing@example.com.");
        }

        if (host is not null && Of("FROM") is null)
        {
            faults.Add(
                "TOLLGATE_SMTP_HOST is set and TOLLGATE_SMTP_FROM is not: mails need a sender, "
                    + "such as billing@example.com.");
        }

        var tls = Of("TLS")?.ToUpperInvariant();
        if (tls is not (null or "1" or "0" or "TRUE" or "FALSE"))
        {
            faults.Add($"TOLLGATE_SMTP_TLS is \"{Of("TLS")}\": it must be 1 or 0.");
        }

        return new(host, port, Of("USER"), Of("PASSWORD"), from, tls is not ("0" or "FALSE"));

        string? Of(string name) =>
            environment("TOLLGATE_SMTP_" + name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
    }

    /// <summary>Never the password.</summary>
    public override string ToString() => Host is null ? "files" : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
