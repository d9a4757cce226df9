using System.Diagnostics;
using Npgsql;
using Tollgate.Core.Mail;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Mail;

/// <summary>Looks every second for facts without a mail, and for due reminders.</summary>
internal sealed class DeriveMailsLoop(DeriveMails derive, MailQueue queue, ParkedWork parked, ILogger<DeriveMailsLoop> log)
    : Loop(Interval, "Mails were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await derive.RunAsync(cancel))
        {
        }

        foreach (var place in await parked.DueAsync(WorkNames.MailEvents, cancel))
        {
            await parked.TryAsync(WorkNames.MailEvents, null, place, () => derive.RunAgainAsync(place, cancel), cancel);
        }

        await queue.WakeAsync(cancel);
    }
}

/// <summary>Claims due mails and sends them, a few in parallel.</summary>
internal sealed class SendMailsLoop(
    MailQueue queue, MailQueries queries, InvoiceQueries invoices, MailSender sender, MailOptions options, MailLinks links,
    ProjectDirectory directory, Clock clock, ParkedWork parked, AttachReport attach,
    ILogger<SendMailsLoop> log)
    : Loop(Interval, "Mails were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleaningInterval = TimeSpan.FromHours(1);

    /// <summary>The most mails of one claim, which the loop has to send within one lease.</summary>
    private const int MostAtOnce = 20;

    /// <summary>The most mails of one project in a claim: a project with many mails delays the others by two rounds at most.</summary>
    private const int MostOfOneProject = 8;

    private const int AtOnce = 4;

    /// <summary>The number of days for which Tollgate stores mails.</summary>
    internal const int DaysKept = 90;

    private const int ForgottenAtOnce = 5_000;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly MailPace _pace = new(options.MostAnHour);

    private long _cleaned = TimeProvider.System.GetTimestamp();

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await ClaimAsync(cancel) is { Count: > 0 } mails)
        {
            await Parallel.ForEachAsync(
                mails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
                async (mail, _) => await SendAsync(mail));
        }

        if (_time.GetElapsedTime(_cleaned) > CleaningInterval)
        {
            _cleaned = _time.GetTimestamp();
            await queue.ForgetOldAsync(DaysKept, ForgottenAtOnce, cancel);
            sender.Clean();
        }
    }

    /// <summary>Claims due mails. It parks an unreadable row, which thus delays no other mail.</summary>
    private async Task<IReadOnlyList<MailRow>> ClaimAsync(CancellationToken cancel)
    {
        var now = Stopwatch.GetTimestamp();
        var (mails, broken) = await queue.ClaimAsync(MostAtOnce, MostOfOneProject, _pace.Spent(now), cancel);
        foreach (var (project, mail, fault) in broken)
        {
            await parked.ParkAsync(WorkNames.Mails, directory.Current.ProjectsById.GetValueOrDefault(project), mail.ToString("D"), fault);
        }

        foreach (var mail in mails)
        {
            _pace.Sent(mail.Project, now);
        }

        return mails;
    }

    /// <summary>Sends a mail. A failure delays no other mail, and Tollgate retries it as often as any.</summary>
    private async Task SendAsync(MailRow mail)
    {
        if (!directory.Current.ProjectsById.TryGetValue(mail.Project, out var project))
        {
            return;
        }

        try
        {
            await SendAsync(project, mail, CancellationToken.None);
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
        await queue.FinishAsync(mail, state, attempt.Failure, target.Address, retry, cancel);
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
