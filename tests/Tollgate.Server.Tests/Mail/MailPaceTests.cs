using System.Diagnostics;
using Tollgate.Server.Mail;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Mail;

/// <summary>The limit of a project's mails.</summary>
public sealed class MailPaceTests(TestPostgres postgres)
{
    private static readonly long Minute = 60 * Stopwatch.Frequency;

    [Fact]
    public void A_project_that_has_used_up_its_hour_sends_again_as_time_goes_by()
    {
        var pace = new MailPace(60);
        for (var mail = 0; mail < 60; mail++)
        {
            pace.Spent(0).ShouldBeEmpty();
            pace.Sent(7, 0);
        }

        pace.Sent(8, 0);
        pace.Spent(0).ShouldBe([7]);
        pace.Spent(Minute - 1).ShouldBe([7]);
        pace.Spent(Minute).ShouldBeEmpty();
        pace.Sent(7, Minute);
        pace.Spent(Minute).ShouldBe([7]);
    }

    [Fact]
    public async Task Mails_beyond_the_hours_wait_and_no_other_projects_mails_do()
    {
        await using var running = new RunningServer(postgres)
        {
            Environment = new Dictionary<string, string> { ["TOLLGATE_PROJECT_MAILS"] = "2" },
        };
        await running.InitializeAsync();
        var eager = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        for (var customer = 0; customer < 3; customer++)
        {
            await CauseMailAsync(eager, $"c{customer}");
            await UntilAsync(async () => (await StatesAsync(eager)).Length == customer + 1);
        }

        await UntilAsync(async () => (await StatesAsync(eager)).Count(static state => state == "sent") == 2);
        var other = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await CauseMailAsync(other, "c");
        await UntilAsync(async () => await StatesAsync(other) is ["sent"]);
        (await StatesAsync(eager)).Order().ShouldBe(["sent", "sent", "waiting"]);
    }

    private static async Task CauseMailAsync(BillingSandbox sandbox, string customer)
    {
        await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""");
        await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync(customer, "calls", 85);
    }

    private static async Task<string[]> StatesAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/mails"))["data"].AsArray().Select(static mail => mail!["status"]!.GetValue<string>())];
}
