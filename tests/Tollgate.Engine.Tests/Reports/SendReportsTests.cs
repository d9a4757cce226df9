using Tollgate.Core.Mail;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;
using Tollgate.Engine.Mail;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Reports;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Reports;

/// <summary>Scheduled reports are queued once, on any number of servers and whatever breaks meanwhile.</summary>
public sealed class SendReportsTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, GatePolicyTests.Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Two_servers_queue_each_report_once_and_a_project_has_a_thousand_schedules()
    {
        var schedules = new ReportSchedules(Database.Source);
        for (var number = 0; number < ReportSchedules.Most; number++)
        {
            (await CreateAsync(schedules)).ShouldNotBeNull();
        }

        (await CreateAsync(schedules)).ShouldBeNull("the project has the maximum number.");
        await DueAsync();
        var (mine, other) = (Send(), Send());
        await Task.WhenAll(AllAsync(mine), AllAsync(other), AllAsync(mine), AllAsync(other));

        (await CountAsync("mails WHERE type = 'report'")).ShouldBe(2 * ReportSchedules.Most, "Two addresses each.");
        (await CountAsync("report_schedules WHERE last_to IS NOT NULL AND next_at > now()")).ShouldBe(ReportSchedules.Most);
        (await CountAsync("parked_work")).ShouldBe(0);

        // Another look, as after a restore of next_at: the same days are not sent again.
        await DueAsync();
        await AllAsync(mine);
        (await CountAsync("mails WHERE type = 'report'")).ShouldBe(2 * ReportSchedules.Most);
    }

    [Fact]
    public async Task A_transaction_that_breaks_between_mail_and_next_time_leaves_neither()
    {
        var schedules = new ReportSchedules(Database.Source);
        (await CreateAsync(schedules)).ShouldNotBeNull();
        await Database.ExecuteAsync("ALTER TABLE report_schedules ADD CONSTRAINT broken CHECK (last_to IS NULL)");
        await DueAsync();
        await AllAsync(Send());
        (await CountAsync("mails WHERE type = 'report'")).ShouldBe(0);
        (await CountAsync("parked_work WHERE work = 'report_schedules'")).ShouldBe(1);

        await Database.ExecuteAsync("ALTER TABLE report_schedules DROP CONSTRAINT broken; UPDATE parked_work SET next_attempt_at = now()");
        await AllAsync(Send());
        (await CountAsync("mails WHERE type = 'report'")).ShouldBe(2);
        (await CountAsync("report_schedules WHERE next_at > now()")).ShouldBe(1);
    }

    [Fact]
    public async Task Reports_are_claimed_apart_from_other_mails_and_for_longer()
    {
        (MailRules.LongestReport + TimeSpan.FromMinutes(1)).ShouldBeLessThan(MailRules.LeaseOfReport, "A conversation takes a minute.");
        var schedules = new ReportSchedules(Database.Source);
        for (var number = 0; number < 20; number++)
        {
            (await CreateAsync(schedules)).ShouldNotBeNull();
        }

        await DueAsync();
        await AllAsync(Send());
        await Database.ExecuteAsync(
            $$"""
            INSERT INTO mails (project_id, recipient, type, cause, data, at, state, due_at)
            VALUES ({{Rig.Project.Id}}, 'ops@example.com', 'alert', 'late', '{}', now(), 'waiting', now())
            """);
        var queue = new MailQueue(Database.Source);
        (await queue.ClaimAsync(20, 8, [], ofReports: false, CancellationToken.None)).Mails
            .ShouldHaveSingleItem().Type.ShouldBe(MailType.Alert);
        (await queue.ClaimAsync(2, 2, [], ofReports: true, CancellationToken.None)).Mails.Select(static mail => mail.Type)
            .ShouldBe([MailType.Report, MailType.Report]);
        (await CountAsync("mails WHERE type = 'report' AND leased_until > now() + interval '4 minutes'")).ShouldBe(2);
    }

    private Task<ReportScheduleRow?> CreateAsync(ReportSchedules schedules) => schedules.CreateAsync(
        Rig.Project,
        new(
            Guid.CreateVersion7(), Rig.Project.Id, ReportKind.Revenue, ReportFormat.Pdf, ReportInterval.Daily,
            ["cfo@example.com", "ceo@example.com"], null, IsEnabled: true),
        Rig.Clock.Now(Rig.Project), CancellationToken.None);

    private Task DueAsync() => Database.ExecuteAsync("UPDATE report_schedules SET next_at = now() - interval '90 days'");

    private SendReports Send() => new(Database.Source, Rig.Directory, Rig.Clock, Rig.Parked);

    private async Task AllAsync(SendReports send)
    {
        while (await send.PageAsync(Rig.Project, CancellationToken.None))
        {
        }
    }

    private Task<long> CountAsync(string from) => Database.ScalarAsync<long>($"SELECT count(*) FROM {from}");
}
