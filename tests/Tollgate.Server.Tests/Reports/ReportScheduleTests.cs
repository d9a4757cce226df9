using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Invoicing;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Reports;

/// <summary>Reports that are sent by mail. Mails of sandbox projects are files.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed partial class ReportScheduleTests(RunningServer running)
{
    [Fact]
    public async Task After_three_months_without_a_look_one_report_is_sent()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-15T00:00:00Z", zone: "Africa/Cairo");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        var made = await sandbox.Door.PostAsync(
            "/v1/report-schedules", """{"kind": "revenue", "every": "daily", "recipients": ["cfo@example.com", "ceo@example.com"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        made["next_at"].GetValue<DateTimeOffset>().ShouldBe(At("2027-01-15T04:00:00Z"));

        await sandbox.AdvanceAsync("2027-04-15T12:00:00Z");
        await Eventually.UntilAsync(async () => (await ReportsAsync(sandbox)).Count(static mail => Text(mail, "status") == "sent") == 2);

        var mails = await ReportsAsync(sandbox);
        mails.Length.ShouldBe(2, "One report of yesterday for each address, not ninety.");
        mails.ShouldAllBe(static mail => Text(mail, "subject") == "Revenue: Apr 14, 2027");
        var shown = await sandbox.Door.GetAsync("/v1/report-schedules/" + made["id"].GetValue<string>());
        shown["last_from"].GetValue<string>().ShouldBe("2027-04-14");
        shown["next_at"].GetValue<DateTimeOffset>().ShouldBe(At("2027-04-16T04:00:00Z"));

        var (name, file) = await AttachmentAsync(mails[0]);
        name.ShouldBe("revenue-2027-04-14-2027-04-14.pdf");
        (await Poppler.TextAsync(file)).ShouldContain("$29.00");

        // The next day has its own report, and a schedule that is switched off has none.
        await sandbox.AdvanceAsync("2027-04-16T04:00:01Z");
        await Eventually.UntilAsync(async () => (await ReportsAsync(sandbox)).Length == 4);
    }

    [Fact]
    public async Task A_customers_statement_of_a_month_in_Cairo_has_its_invoices_and_goes_with_the_customer()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T21:00:00Z", zone: "Africa/Cairo");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "name": "\"Ada\" =cmd"}""");
        var subscription = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        var made = await sandbox.Door.PostAsync(
            "/v1/report-schedules",
            """{"kind": "statement", "format": "csv", "every": "monthly", "customer": "acme", "recipients": ["books@example.com"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());

        // The last hour of January in Cairo, and 06:00 of February 1.
        made["next_at"].GetValue<DateTimeOffset>().ShouldBe(At("2027-02-01T04:00:00Z"));
        await sandbox.AdvanceAsync("2027-02-01T04:00:00Z");
        await Eventually.UntilAsync(async () => (await ReportsAsync(sandbox)).Any(static mail => Text(mail, "status") == "sent"));
        var (name, file) = await AttachmentAsync((await ReportsAsync(sandbox)).Single());
        name.ShouldBe("statement-2027-01-01-2027-01-31.csv");
        var statement = await sandbox.FetchAsync("/v1/customers/acme/statement.csv?from=2026-12-31T22:00:00Z&to=2027-01-31T22:00:00Z");
        Encoding.UTF8.GetString(file).ShouldBe(await statement.Content.ReadAsStringAsync());
        Encoding.UTF8.GetString(file).ShouldContain("acme,USD,2027-01-31T21:00:00Z,invoice,");

        (await sandbox.Door.PostAsync($"/v1/subscriptions/{subscription}/cancel", """{"at": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var invoice in (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"].AsArray())
        {
            await sandbox.Door.PostAsync($"/v1/invoices/{Text(invoice!, "id")}/void");
        }

        var erased = await sandbox.Door.PostAsync("/v1/customers/acme/erase");
        erased.Status.ShouldBe(HttpStatusCode.OK, erased.Json?.ToJsonString());
        (await sandbox.Door.GetAsync("/v1/report-schedules"))["data"].AsArray().ShouldBeEmpty();
        (await ReportsAsync(sandbox)).ShouldBeEmpty("The mail names the customer.");
    }

    [Theory]
    [InlineData("cfo@example.com\\r\\nBcc: all@example.com")]
    [InlineData("cfo@example.com\\nBcc:all")]
    [InlineData("CFO <cfo@example.com>")]
    [InlineData("cfo<cfo@example.com>")]
    [InlineData("a@example.com,b")]
    [InlineData("a@example.com;b@example.com")]
    [InlineData("cfo")]
    [InlineData("@example.com")]
    [InlineData("")]
    [InlineData("cfo@exa mple.com")]
    public async Task Addresses_that_a_mail_program_reads_otherwise_are_refused(string address)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        var came = await sandbox.Door.PostAsync(
            "/v1/report-schedules", $$"""{"kind": "revenue", "every": "daily", "recipients": ["ok@example.com", "{{address}}"]}""");
        came.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, came.Json?.ToJsonString());
        came["errors"].AsArray().Select(static one => Text(one!, "param")).ShouldBe(["recipients[1]"]);
    }

    [Fact]
    public async Task A_body_with_faults_names_each_and_schedules_are_listed_replaced_and_deleted()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        foreach (var (body, param) in ((string, string)[])
            [
                ("""{"kind": "revenu", "every": "daily", "recipients": ["a@b.c"]}""", "kind"),
                ("""{"kind": "revenue", "every": "hourly", "recipients": ["a@b.c"]}""", "every"),
                ("""{"kind": "revenue", "every": "daily", "recipients": []}""", "recipients"),
                ("""{"kind": "revenue", "every": "daily", "recipients": ["a@b.c", "A@B.C"]}""", "recipients"),
                ("""{"kind": "revenue", "every": "daily", "recipients": ["a@b.c"], "format": "doc"}""", "format"),
                ("""{"kind": "revenue", "every": "daily", "recipients": ["a@b.c"], "customer": "acme"}""", "customer"),
                ("""{"kind": "usage", "every": "daily", "recipients": ["a@b.c"]}""", "customer"),
                ("""{"kind": "usage", "every": "daily", "recipients": ["a@b.c"], "customer": "nobody"}""", "customer"),
                ("{}", "kind every recipients"),
            ])
        {
            var came = await sandbox.Door.PostAsync("/v1/report-schedules", body);
            came.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, body);
            string.Join(' ', came["errors"].AsArray().Select(static one => Text(one!, "param"))).ShouldBe(param, body);
        }

        const string daily = """{"kind": "churn", "every": "daily", "recipients": ["a@b.c"]}""";
        var id = (await sandbox.Door.PostAsync("/v1/report-schedules", daily))["id"].GetValue<string>();
        var path = "/v1/report-schedules/" + id;
        var replaced = await sandbox.Door.PutAsync(
            path, """{"kind": "growth", "every": "weekly", "recipients": ["a@b.c"], "enabled": false}""");
        (Text(replaced.Json!, "kind"), replaced.Json!["next_at"]).ShouldBe(("growth", null));
        (await sandbox.Door.GetAsync("/v1/report-schedules"))["data"].AsArray().Select(static one => Text(one!, "id")).ShouldBe([id]);
        var other = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        (await other.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Door.PutAsync(path, daily)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Door.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await sandbox.Door.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await sandbox.Door.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_key_sends_no_figures_that_its_scopes_do_not_read()
    {
        const string revenue = """{"kind": "revenue", "every": "daily", "recipients": ["a@b.c"]}""";
        const string statement = """{"kind": "statement", "customer": "acme", "every": "daily", "recipients": ["a@b.c"]}""";
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme"}""");
        var (sets, reads, bills) = (
            await KeyAsync(sandbox, "settings:write"), await KeyAsync(sandbox, "settings:write", "usage:read"),
            await KeyAsync(sandbox, "settings:write", "usage:read", "billing:read"));
        (await sets.PostAsync("/v1/report-schedules", revenue)).Status.ShouldBe(HttpStatusCode.Forbidden);
        var made = await reads.PostAsync("/v1/report-schedules", revenue);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var path = "/v1/report-schedules/" + made["id"].GetValue<string>();
        (await sets.PutAsync(path, revenue)).Status.ShouldBe(HttpStatusCode.Forbidden);
        foreach (var came in (Came[])[await reads.PostAsync("/v1/report-schedules", statement), await reads.PutAsync(path, statement)])
        {
            came.Status.ShouldBe(HttpStatusCode.Forbidden);
            (Text(came.Json!, "code"), Text(came.Json!, "detail").Contains("billing:read", StringComparison.Ordinal))
                .ShouldBe(("scope_missing", true));
        }

        (await bills.PostAsync("/v1/report-schedules", statement)).Status.ShouldBe(HttpStatusCode.Created);
        (await sets.DeleteAsync(path)).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    private async Task<Door> KeyAsync(BillingSandbox sandbox, params string[] scopes)
    {
        var made = await sandbox.Door.PostAsync(
            "/v1/api-keys", $$"""{"kind": "restricted", "scopes": ["{{string.Join("\", \"", scopes)}}"]}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return running.DoorWith(made["key"].GetValue<string>());
    }

    /// <summary>Mails of reports, oldest first.</summary>
    private static async Task<JsonNode[]> ReportsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/mails?type=report&limit=100"))["data"].AsArray().Reverse().Select(static one => one!)];

    private async Task<(string Name, byte[] File)> AttachmentAsync(JsonNode mail)
    {
        var id = Guid.Parse(Text(mail, "id")).ToString("N");
        var mails = Directory.GetFiles(Path.Combine(running.Server.Data, "mail"), $"*{id}.eml");
        var text = (await File.ReadAllTextAsync(mails.ShouldHaveSingleItem())).ReplaceLineEndings("\n");
        var part = Attachment().Match(text);
        part.Success.ShouldBeTrue(text);
        return (part.Groups[1].Value, Convert.FromBase64String(part.Groups[2].Value.Replace("\n", "", StringComparison.Ordinal)));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    /// <summary>A part with a file: its name, and its base64.</summary>
    [GeneratedRegex(@"name=""?((?:revenue|statement)[^\s"";]+)""?[^\n]*\n(?:[^\n]+\n)*\n([A-Za-z0-9+/=\n]+)")]
    private static partial Regex Attachment();
}
