using System.Diagnostics;
using Tollgate.Core.Mail;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Mail;

/// <summary>Claims due mails and sends them.</summary>
internal sealed class SendMails(
    MailQueue queue, MailQueries queries, InvoiceQueries invoices, MailSender sender, MailOptions options, MailLinks links,
    ProjectDirectory directory, Clock clock, ParkedWork parked, AttachReport attach)
{
    /// <summary>The most mails of one claim, all of which have to be sent within one lease.</summary>
    private const int MostAtOnce = 20;

    /// <summary>The most mails of one project in a claim: a project with many mails delays the others by two rounds at most.</summary>
    private const int MostOfOneProject = 8;

    private const int AtOnce = 4;

    /// <summary>The most reports of one claim, which are written at the same time: each has a lease of its own.</summary>
    private const int MostReports = 2;

    private readonly Lock _gate = new();
    private readonly MailPace _pace = new(options.MostAnHour);

    /// <summary>Sends the next mails, but for reports.</summary>
    /// <returns>False: none was due.</returns>
    public async Task<bool> SomeAsync(CancellationToken cancel)
    {
        var mails = await ClaimAsync(MostAtOnce, MostOfOneProject, ofReports: false, cancel);
        await Parallel.ForEachAsync(
            mails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (mail, _) => await SendAsync(mail, CancellationToken.None));
        return mails.Count > 0;
    }

    /// <summary>Writes and sends the next reports. One that takes longer than its time fails, and is tried again like any mail.</summary>
    /// <returns>False: none was due.</returns>
    public async Task<bool> ReportsAsync(CancellationToken cancel)
    {
        var mails = await ClaimAsync(MostReports, MostReports, ofReports: true, cancel);
        await Task.WhenAll(mails.Select(async mail =>
        {
            using var limit = new CancellationTokenSource(MailRules.LongestReport);
            await SendAsync(mail, limit.Token);
        }));
        return mails.Count > 0;
    }

    /// <summary>Claims due mails. It parks an unreadable row, which thus delays no other mail.</summary>
    private async Task<IReadOnlyList<MailRow>> ClaimAsync(int most, int mostOfOne, bool ofReports, CancellationToken cancel)
    {
        var now = Stopwatch.GetTimestamp();
        int[] spent;
        lock (_gate)
        {
            spent = _pace.Spent(now);
        }

        var (mails, broken) = await queue.ClaimAsync(most, mostOfOne, spent, ofReports, cancel);
        foreach (var (project, mail, fault) in broken)
        {
            await parked.ParkAsync(WorkNames.Mails, directory.Current.ProjectsById.GetValueOrDefault(project), mail.ToString("D"), fault);
        }

        lock (_gate)
        {
            foreach (var mail in mails)
            {
                _pace.Sent(mail.Project, now);
            }
        }

        return mails;
    }

    /// <summary>Sends a mail. A failure delays no other mail, and Tollgate retries it as often as any.</summary>
    private async Task SendAsync(MailRow mail, CancellationToken limit)
    {
        if (!directory.Current.ProjectsById.TryGetValue(mail.Project, out var project))
        {
            return;
        }

        try
        {
            await SendAsync(project, mail, limit);
            await parked.DoneAsync(WorkNames.Mails, project, mail.Id.ToString("D"));
        }
        catch (Exception broken) when (ParkedWork.IsItsOwn(broken))
        {
            var retry = MailRules.RetryIn(mail.Attempts, isFinal: false);
            await queue.FinishAsync(
                mail, retry is null ? MailState.Failed : MailState.Waiting, "Tollgate could not write the mail.", null, retry,
                CancellationToken.None);

            // The list of mails shows a mail that Tollgate gave up as failed.
            await (retry is null
                ? parked.DoneAsync(WorkNames.Mails, project, mail.Id.ToString("D"))
                : parked.ParkAsync(WorkNames.Mails, project, mail.Id.ToString("D"), broken, retry));
        }
    }

    private async Task SendAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel)
    {
        var target = await queue.TargetAsync(project, mail, cancel);
        if (target is { Skip: not null } or { Address: null })
        {
            await queue.FinishAsync(mail, MailState.Skipped, target.Skip, null, null, cancel);
            return;
        }

        if (mail.Type == MailType.TrialEnding)
        {
            if (await queue.RemindAsync(project, mail, clock.Now(project), cancel) is not { } reminder)
            {
                return;
            }

            mail = reminder;
        }

        var file = await FileOfAsync(project, mail, cancel);
        if (mail.Type == MailType.Report && file is not { Bytes.Length: <= MailFile.MostBytes })
        {
            await (file is null
                ? queue.FinishAsync(mail, MailState.Skipped, "customer_deleted", null, null, cancel)
                : queue.FinishAsync(mail, MailState.Failed, "The report is too large for a mail.", null, null, cancel));
            return;
        }

        var templates = new MailTemplates(project, await queries.SenderAsync(project, cancel));
        var usage = await queries.UsageAsync(project, mail, cancel);
        var letter = templates.Write(
            mail, new(await links.PayAsync(project, mail, cancel), links.Upgrade(project, mail, usage), usage?.ResetsAt));
        var unsubscribe = MailRules.CanBeRefused(mail.Type) ? links.Unsubscribe(project, mail) : null;
        var attempt = await sender.SendAsync(project, mail, target.Address, new(
            letter.Subject, MailWriter.Text(letter, templates, unsubscribe), MailWriter.Html(letter, templates, unsubscribe),
            templates.Sender, unsubscribe, file));
        var retry = attempt.Failure is null ? null : MailRules.RetryIn(mail.Attempts, attempt.IsFinal);
        var state = attempt.Failure is null ? MailState.Sent : retry is null ? MailState.Failed : MailState.Waiting;

        // It has been sent: no limit keeps Tollgate from recording it.
        await queue.FinishAsync(mail, state, attempt.Failure, target.Address, retry, CancellationToken.None);
    }

    /// <summary>Returns the invoice of a receipt, or the report.</summary>
    private async Task<MailFile?> FileOfAsync(ProjectSnapshot project, MailRow mail, CancellationToken cancel) => mail.Type switch
    {
        MailType.Report => await attach(project, mail, cancel),
        MailType.Receipt when await invoices.FindAsync(project, mail.Data.GetProperty("invoice").GetGuid(), cancel) is { } row =>
            new($"{row.Invoice.Number}.pdf", InvoicePdf.ContentType, await InvoicePdf.OfAsync(invoices, project, row, cancel)),
        _ => null,
    };
}
