using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Mail;

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

/// <summary>Sends due mails, a few in parallel, but for reports. It also deletes old ones.</summary>
internal sealed class SendMailsLoop(SendMails send, MailQueue queue, MailSender sender, ILogger<SendMailsLoop> log)
    : Loop(Interval, "Mails were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleaningInterval = TimeSpan.FromHours(1);

    /// <summary>The number of days for which Tollgate stores mails.</summary>
    internal const int DaysKept = 90;

    private const int ForgottenAtOnce = 5_000;

    private readonly TimeProvider _time = TimeProvider.System;
    private long _cleaned = TimeProvider.System.GetTimestamp();

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await send.SomeAsync(cancel))
        {
        }

        if (_time.GetElapsedTime(_cleaned) > CleaningInterval)
        {
            _cleaned = _time.GetTimestamp();
            await queue.ForgetOldAsync(DaysKept, ForgottenAtOnce, cancel);
            sender.Clean();
        }
    }
}

/// <summary>
/// Sends due reports. It takes seconds to write one, and a thousand may be due at once: other mails wait for none of them.
/// </summary>
internal sealed class SendReportMailsLoop(SendMails send, ILogger<SendReportMailsLoop> log) : Loop(Interval, "Mails were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await send.ReportsAsync(cancel))
        {
        }
    }
}
