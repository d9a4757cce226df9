using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Tollgate.Core.Catalog;
using Tollgate.Core.Mail;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Mail;

/// <summary>A mail to send.</summary>
/// <param name="Sender">The name in From.</param>
/// <param name="Unsubscribe">Null: customers cannot unsubscribe from it.</param>
/// <param name="File">The attachment; null: none.</param>
internal sealed record MailContent(
    string Subject, string Text, string Html, string Sender, Uri? Unsubscribe, MailFile? File);

/// <summary>An attachment.</summary>
/// <param name="Type">The media type.</param>
internal sealed record MailFile(string Name, string Type, byte[] Bytes)
{
    /// <summary>The most bytes of an attachment: mail servers refuse messages of 10 to 25 MB, and base64 adds a third.</summary>
    public const int MostBytes = 7_000_000;
}

/// <summary>Composes the file of a report's mail. The room Reports supplies this function.</summary>
/// <returns>Null: the customer does not exist any more.</returns>
internal delegate Task<MailFile?> AttachReport(ProjectSnapshot project, MailRow mail, CancellationToken cancel);

/// <summary>The result of an attempt.</summary>
/// <param name="Failure">Null: the mail server has accepted the mail, or the file is written.</param>
/// <param name="IsFinal">True: a retry would fail as well.</param>
internal readonly record struct MailAttempt(string? Failure, bool IsFinal = false);

/// <summary>
/// Sends mails through a mail server, or writes them to files. It always writes those of sandbox projects to files, whose customers are not
/// real.
/// </summary>
internal sealed class MailSender(MailOptions options, MailHome home, ILogger<MailSender> log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The age at which files are deleted.</summary>
    private static readonly TimeSpan FilesKept = TimeSpan.FromDays(30);

    public async Task<MailAttempt> SendAsync(ProjectSnapshot project, MailRow mail, string address, MailContent letter)
    {
        using var message = MessageOf(mail, address, letter);
        if (message is null)
        {
            return new("The address is not a valid e-mail address.", IsFinal: true);
        }

        return options.Host is { } host && project.Mode == ProjectMode.Live
            ? await SubmitAsync(host, mail, message)
            : Write(project, mail, message);
    }

    /// <summary>Deletes old files.</summary>
    public void Clean()
    {
        var folder = new DirectoryInfo(home.Folder);
        var oldest = TimeProvider.System.GetUtcNow().UtcDateTime - FilesKept;
        foreach (var file in folder.Exists ? folder.EnumerateFiles("*.eml").Where(file => file.LastWriteTimeUtc < oldest) : [])
        {
            file.Delete();
        }
    }

    private async Task<MailAttempt> SubmitAsync(string host, MailRow mail, MailMessage message)
    {
        using var limit = new CancellationTokenSource(Longest);
        using var client = new SmtpClient(host, options.Port) { EnableSsl = options.IsSecure };
        if (options.User is not null)
        {
            client.Credentials = new NetworkCredential(options.User, options.Password);
        }

        try
        {
            await client.SendMailAsync(message, limit.Token);
            return default;
        }
        catch (SmtpException refused)
        {
            // The mail server's answer may name the customer, so Tollgate stores it with the mail, and does not log it.
            log.LogWarning(
                "The mail server did not accept mail {Mail}: {Status}. \"tollgate mails list\" says why", mail.Id, refused.StatusCode);
            return new(refused.InnerException?.Message ?? refused.Message, MailRules.IsFinal((int)refused.StatusCode, refused.Message));
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("The mail server did not accept mail {Mail} within {Seconds} seconds", mail.Id, Longest.TotalSeconds);
            return new($"The mail server did not accept it within {Longest.TotalSeconds} seconds.");
        }
    }

    private MailAttempt Write(ProjectSnapshot project, MailRow mail, MailMessage message)
    {
        // The client chooses file names, so each mail gets its own folder, and its final name when it is complete.
        var fresh = Directory.CreateDirectory(Path.Combine(home.Folder, $".{mail.Id:N}"));
        using (var client =
            new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = fresh.FullName })
        {
            client.Send(message);
        }

        var file = Path.Combine(home.Folder, $"{mail.Number:D9}-{CatalogWords.Of(mail.Type)}-{mail.Id:N}.eml");
        File.Move(fresh.EnumerateFiles().OrderBy(static one => one.CreationTimeUtc).Last().FullName, file, overwrite: true);
        fresh.Delete(recursive: true);
        log.LogInformation("A mail of {Project} ({Type}) was written to {File}", project.Code, CatalogWords.Of(mail.Type), file);
        return default;
    }

    private MailMessage? MessageOf(MailRow mail, string address, MailContent letter)
    {
        if (!MailAddress.TryCreate(address, out var to))
        {
            return null;
        }

        var from = new MailAddress(options.From, Quotable(letter.Sender), Encoding.UTF8);
        var message = new MailMessage(from, to)
        {
            Subject = OneLine(letter.Subject), SubjectEncoding = Encoding.UTF8, HeadersEncoding = Encoding.UTF8,
        };
        message.Headers.Add("Message-ID", $"<{mail.Id:D}@{from.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (letter.Unsubscribe is { } unsubscribe)
        {
            message.Headers.Add("List-Unsubscribe", $"<{unsubscribe.AbsoluteUri}>");
            message.Headers.Add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }

        message.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(letter.Text, Encoding.UTF8, MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(letter.Html, Encoding.UTF8, MediaTypeNames.Text.Html));
        if (letter.File is { } file)
        {
            message.Attachments.Add(new(new MemoryStream(file.Bytes), file.Name, file.Type));
        }

        return message;
    }

    /// <summary>
    /// <see cref="MailAddress"/> puts an ASCII name between quotes without escapes: a quote in the name would end it, and the rest could
    /// become another sender. (RFC 5322, 3.2.4 allows a backslash before it; a typographic quote needs none, and looks the same in every
    /// mail program.)
    /// </summary>
    private static string Quotable(string name) => name.Replace('"', '”').Replace('\\', '＼');

    /// <summary>Removes line breaks, which names may contain and headers may not.</summary>
    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
