using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate billing</c>, <c>invoices</c> and <c>clock</c> against a running server.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class BillingCommandsTests(RunningServer running)
{
    private Task<(int ExitCode, string Output)> RunAsync(string project, string line) =>
        ServerProcess.RunAsync([.. line.Split(' '), "--data", running.Server.Data, "--project", project]);

    /// <summary>Checks that the command succeeds, and that its output without repeated spaces contains the texts.</summary>
    private async Task ShouldSayAsync(string project, string line, params string[] texts)
    {
        var (code, output) = await RunAsync(project, line);
        code.ShouldBe(0, output);
        var narrow = Regex.Replace(output, " +", " ");
        texts.ShouldAllBe(text => narrow.Contains(text), narrow);
    }

    [Fact]
    public async Task Parked_subscriptions_are_listed_unparked_and_billed()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await ShouldSayAsync(sandbox.Code, "billing parked", "Nothing is parked.");
        await ShouldSayAsync(sandbox.Code, "billing run --dry-run", "Nothing is due.");
        await ShouldSayAsync(sandbox.Code, "invoices list", "There are none.");
        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"largest_total": 100}""");
        await sandbox.SubscribeAsync("""{"id": "sub-huge", "customer": "huge", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("huge", "calls", 100_000);
        await sandbox.AdvanceAsync("2027-05-01T00:00:00Z");

        await ShouldSayAsync(
            sandbox.Code, "billing parked", "id customer due_at parked_at reason\n",
            "sub-huge huge 2027-05-01T00:00:00Z 2027-05-01T00:00:00Z The invoice would total 2027.00 USD, "
                + "more than the limit of 100 USD.");
        await sandbox.Door.PutAsync("/v1/invoice-settings", """{"largest_total": 10000}""");
        await ShouldSayAsync(sandbox.Code, "billing unpark sub-huge", "The next run computes the invoice of sub-huge again.");
        await ShouldSayAsync(sandbox.Code, "billing unpark sub-huge", "sub-huge is not parked.");

        // The server's own loop may have been first; afterwards it is done in any case.
        await ShouldSayAsync(sandbox.Code, "billing run");
        await ShouldSayAsync(sandbox.Code, "billing run", "Nothing was due.");
        await ShouldSayAsync(
            sandbox.Code, "invoices list --customer huge", "number customer kind status issued_at total amount_due id\n",
            "huge renewal open 2027-05-01T00:00:00Z 2027.00 USD 2027.00 USD ");

        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=huge"))["data"][0]!["number"]!.GetValue<string>();
        await ShouldSayAsync(
            sandbox.Code, $"invoices show {invoice}", $"number {invoice}\n", "total 2027.00 USD\n", "lines:\nkind description ",
            " 29.00 USD ");
        await ShouldSayAsync(sandbox.Code, $"invoices show {invoice} --json", "\"total\": 202700,");
        var file = Path.Combine(Directory.CreateTempSubdirectory("tollgate-cli-").FullName, "huge.pdf");
        await ShouldSayAsync(sandbox.Code, $"invoices pdf {invoice} --output {file}", $"Written to {file}.");
        (await File.ReadAllTextAsync(file)).ShouldStartWith("%PDF");
        var (again, refused) = await RunAsync(sandbox.Code, $"invoices pdf {invoice} --output {file}");
        (again, refused.Contains("already exists", StringComparison.Ordinal)).ShouldBe((1, true), refused);
    }

    [Fact]
    public async Task Money_is_given_taken_back_and_listed()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await ShouldSayAsync(
            sandbox.Code, "credits give acme 49.90 USD --kind promotional --expires 2027-05-01T00:00:00Z --note Welcome",
            "Left: 49.90 USD promotional.");
        await ShouldSayAsync(sandbox.Code, "credits give acme 20 USD --kind prepaid", "Left: 20.00 USD prepaid, 49.90 USD promotional.");
        await ShouldSayAsync(sandbox.Code, "credits take acme 12.5 USD --note back", "Left: 7.50 USD prepaid, 49.90 USD promotional.");
        var (code, output) = await RunAsync(sandbox.Code, "credits take acme 7.51 USD");
        (code, output.Contains(
            "The customer has 7.50 USD of prepaid credits, so 7.51 USD cannot be taken back.", StringComparison.Ordinal)).ShouldBe(
            (1, true), output);
        foreach (var wrong in (string[])["12.345 USD", "12 DOL", "0 USD", "1.5 JPY", "many USD"])
        {
            (code, output) = await RunAsync(sandbox.Code, $"credits give acme {wrong} --kind prepaid");
            code.ShouldBe(2, output);
        }

        foreach (var (wrong, why) in ((string, string)[])[
            ("99999999999999999999 USD", "99999999999999999999 is too much. The largest amount is 100000000000.00 USD."),
            ("100000000000.01 USD", "100000000000.01 is too much."),
            ("99999999999999999999999999999999999999999 JPY", "is too much. The largest amount is 10000000000000 JPY."),
            ("12.345 USD", "\"12.345\" is not an amount in USD: a number above 0 with at most 2 decimals is expected.")])
        {
            (code, output) = await RunAsync(sandbox.Code, $"credits give acme {wrong} --kind prepaid");
            (code, output.Contains(why, StringComparison.Ordinal)).ShouldBe((2, true), output);
        }

        (code, output) = await RunAsync(sandbox.Code, "credits give eu 5 EUR --kind promotional");
        (code, output.Contains(
            "currency: Nothing is sold in EUR, and the customer would keep it. Possible: JPY, USD.", StringComparison.Ordinal)).ShouldBe(
            (1, true), output);

        await ShouldSayAsync(
            sandbox.Code, "credits list acme", "at kind cause amount expires_at invoice note\n",
            "2027-04-01T00:00:00Z promotional manual 49.90 USD 2027-05-01T00:00:00Z - Welcome\n",
            "2027-04-01T00:00:00Z prepaid manual -12.50 USD - - back\n", "Left: 7.50 USD prepaid, 49.90 USD promotional.");
        (await sandbox.Door.PostAsync("/v1/customers", """{"id": "poor"}""")).Status.ShouldBe(HttpStatusCode.Created);
        await ShouldSayAsync(sandbox.Code, "credits list poor", "There are no credits.");
    }

    [Theory]
    [InlineData(
        "billing run --dry-run",
        """
        {"dry_run": true, "processed": {"invoices": 0, "renewals": 0, "trials_converted": 0, "trials_expired": 0, "canceled": 0, "resumed": 0, "usage_billed": 0, "parked": 0},
         "due": [{"customer": "a", "subscription": "s-1", "type": "renew", "at": "2027-05-01T00:00:00Z", "total": 2900, "currency": "USD", "parked": null},
                 {"customer": "b", "subscription": "s-2", "type": "renew", "at": "2027-05-01T00:00:00Z", "total": 1200, "currency": "JPY", "parked": null},
                 {"customer": "c", "subscription": "s-3", "type": "renew", "at": "2027-05-01T00:00:00Z", "total": 900000, "currency": "USD", "parked": "Too large."},
                 {"customer": "d", "subscription": "s-4", "type": "cancel", "at": "2027-05-01T00:00:00Z", "total": null, "currency": null, "parked": null},
                 {"customer": "e", "subscription": "s-5", "type": "renew", "at": "2027-05-01T00:00:00Z", "total": 100, "currency": "USD", "parked": null}], "remaining": 5}
        """,
        "POST /v1/billing/run?dry_run=true",
        "customer subscription type at total parked\na s-1 renew 2027-05-01T00:00:00Z 29.00 USD -\nb s-2 renew 2027-05-01T00:00:00Z 1200 "
            + "JPY -\n",
        "c s-3 renew 2027-05-01T00:00:00Z 9000.00 USD Too large.\nd s-4 cancel 2027-05-01T00:00:00Z - -\n",
        "Due: 5. To invoice: 1200 JPY, 30.00 USD. To park: 1.")]
    [InlineData(
        "billing run",
        """
        {"dry_run": false, "processed": {"invoices": 13, "renewals": 12, "trials_converted": 1, "trials_expired": 0, "canceled": 2, "resumed": 0, "usage_billed": 0, "parked": 3,
          "collected": 4, "collecting_failed": 1, "schedules_parked": 0}, "due": null, "remaining": 0}
        """,
        "POST /v1/billing/run?limit=2000",
        "Done: 13 invoices, 12 renewals, 1 trial paid, 2 cancellations, 4 charges, 1 failed charge, 3 parked. "
            + "\"tollgate billing parked\" says why.")]
    [InlineData(
        "billing parked",
        """{"data": [{"id": "s-1", "customer": "a", "due_at": null, "parked_at": "2027-05-01T00:00:00Z", "reason": "Too large."}], "has_more": true}""",
        "GET /v1/billing/parked?limit=100",
        "s-1 a - 2027-05-01T00:00:00Z Too large.", "There are more; these are the 1 oldest.")]
    [InlineData(
        "billing late",
        """
        {"data": [{"id": "1-2-3", "customer": "a", "feature": "calls", "period_start": "2027-03-01T00:00:00Z", "period_end": "2027-04-01T00:00:00Z",
                   "quantity": 30.5, "amount": 61, "currency": "USD"}], "has_more": false}
        """,
        "GET /v1/billing/late-usage?limit=100",
        "customer feature period_start period_end quantity amount\na calls 2027-03-01T00:00:00Z 2027-04-01T00:00:00Z 30.5 0.61 USD")]
    [InlineData("billing late", """{"data": [], "has_more": false}""", "GET /v1/billing/late-usage?limit=100", "There is no late usage.")]
    public async Task The_command_prints_the_servers_answer(string line, string answer, string request, params string[] texts)
    {
        var port = TestServer.FreePort();
        using var server = new HttpListener { Prefixes = { string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/") } };
        server.Start();
        var answering = AnswerAsync(server, answer);
        var (code, output) = await ServerProcess.RunAsync(
            [.. line.Split(' '), "--url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--key", "tg_sk_test"]);
        code.ShouldBe(0, output);
        (await answering).ShouldBe(request);
        var narrow = Regex.Replace(output, " +", " ");
        texts.ShouldAllBe(text => narrow.Contains(text), narrow);
    }

    /// <summary>Answers one request, and returns it.</summary>
    private static async Task<string> AnswerAsync(HttpListener server, string answer, int status = 200)
    {
        var context = await server.GetContextAsync();
        context.Response.ContentType = "application/json";
        context.Response.StatusCode = status;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
        context.Response.Close();
        return $"{context.Request.HttpMethod} {context.Request.RawUrl}";
    }

    /// <summary>The reported rest accounts for the work of other servers meanwhile.</summary>
    [Fact]
    public async Task A_run_goes_on_in_parts_until_nothing_is_left_and_says_how_far_it_has_come()
    {
        var (code, output) = await InPartsAsync((200, Part(2_000, 3_000)), (200, Part(2_000, 500)), (200, Part(500, 0)));
        code.ShouldBe(0, output);
        output.ShouldContain("2000 of 5000 Done: 2000 invoices, 2000 renewals …\n4500 of 5000 Done: 4000 invoices, 4000 renewals …\n");
        output.ShouldContain("Done: 4500 invoices, 4500 renewals.");

        (code, output) = await InPartsAsync(
            (200, Part(2_000, 3_000)), (503, """{"code": "storage_unavailable", "detail": "The database is away."}"""));
        code.ShouldBe(1, output);
        output.ShouldContain("The database is away.");
        output.ShouldContain("Done: 2000 invoices, 2000 renewals. The rest stays due; \"tollgate billing run\" continues.");

        (code, output) = await InPartsAsync((200, Part(2_000, 3_000)), (200, Part(0, 3_000)));
        (code, output.Contains("Still due: 3000.", StringComparison.Ordinal)).ShouldBe((0, true), output);

        static string Part(int renewals, int remaining) => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"dry_run": false, "processed": {"invoices": {{renewals}}, "renewals": {{renewals}}, "trials_converted": 0, "trials_expired": 0, "canceled": 0,
             "resumed": 0, "usage_billed": 0, "parked": 0}, "due": null, "remaining": {{remaining}}}
            """);
    }

    private static async Task<(int ExitCode, string Output)> InPartsAsync(params (int Status, string Body)[] answers)
    {
        var port = TestServer.FreePort();
        using var server = new HttpListener { Prefixes = { string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/") } };
        server.Start();
        var running = ServerProcess.RunAsync(
            "billing", "run", "--url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--key", "tg_sk_test");
        foreach (var (status, body) in answers)
        {
            (await AnswerAsync(server, body, status)).ShouldBe("POST /v1/billing/run?limit=2000");
        }

        return await running;
    }

    [Fact]
    public async Task The_clock_goes_forward_month_by_month_and_keeps_the_day()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await ShouldSayAsync(sandbox.Code, "clock show", "2027-01-31T00:00:00Z (it is frozen)");
        await ShouldSayAsync(
            sandbox.Code, "clock advance +12mo", "2027-02-28T00:00:00Z Done: 1 invoice, 1 renewal …",
            "2027-12-31T00:00:00Z Done: 11 invoices, 11 renewals …",
            "The clock is at 2028-01-31T00:00:00Z. Done: 12 invoices, 12 renewals.");
        await ShouldSayAsync(sandbox.Code, "clock advance +1d", "The clock is at 2028-02-01T00:00:00Z. Nothing was due.");
        await ShouldSayAsync(sandbox.Code, "clock advance 2028-02-15", "The clock is at 2028-02-15T00:00:00Z.");
        (await sandbox.InvoicesAsync("acme")).Length.ShouldBe(13);
        var (_, json) = await RunAsync(sandbox.Code, "clock show --json");
        JsonElement.Parse(json).GetProperty("now").GetString().ShouldBe("2028-02-15T00:00:00Z");
    }

    [Fact]
    public async Task The_clock_counts_charges_failures_and_cancellations()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-31T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await PaymentSteps.AddCardAsync(sandbox, "pm_sandbox_declined");
        await ShouldSayAsync(sandbox.Code, "clock advance 2027-02-28", "Done: 1 invoice, 1 renewal, 1 failed charge.");
        await ShouldSayAsync(sandbox.Code, "clock advance 2027-03-31", "Done: 1 cancellation, 4 failed charges.");
        await ShouldSayAsync(sandbox.Code, "clock advance +1d", "Nothing was due.");
    }

    [Fact]
    public async Task A_missing_project_is_named()
    {
        var (code, text) = await ServerProcess.RunAsync("invoices", "list", "--data", running.Server.Data);
        (code, text.Contains("The option --project is missing", StringComparison.Ordinal)).ShouldBe((2, true), text);
    }

    [Theory]
    [InlineData("clock advance soon", 2, "\"soon\" is neither a time")]
    [InlineData("clock advance +11y", 2, "at most ten years at once")]
    [InlineData("clock advance +999999y", 2, "at most ten years at once")]
    [InlineData("clock advance 2001-01-01", 1, "the clock never goes back")]
    [InlineData("billing unpark nothing", 1, "subscription_not_found")]
    [InlineData("invoices list --status lost", 1, "One of draft, open")]
    [InlineData("invoices pdf nothing", 1, "No invoice has the number 'nothing'.")]
    [InlineData("invoices show BILLING-999999", 1, "No invoice has the number 'BILLING-999999'.")]
    [InlineData("invoices show 01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", 1, "invoice_not_found")]
    [InlineData("customers show nobody", 1, "customer_not_found")]
    [InlineData("subscriptions cancel nothing", 1, "subscription_not_found")]
    [InlineData("catalog apply none.yaml --json", 2, "--json needs --yes")]
    public async Task A_fault_is_a_sentence_and_an_exit_code(string line, int expected, string sentence)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var (code, text) = await RunAsync(sandbox.Code, line);
        code.ShouldBe(expected, text);
        text.ShouldContain(sentence);
        text.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Only_a_sandbox_has_a_clock_that_moves()
    {
        var (code, text) = await RunAsync("career-coach", "clock advance +1d");
        (code, text.Contains("sandbox_only", StringComparison.Ordinal)).ShouldBe((1, true), text);
    }

    [Theory]
    [InlineData("billing run --help", "tollgate billing run --dry-run --project shop")]
    [InlineData("clock advance --help", "tollgate clock advance +12mo --project shop-test")]
    [InlineData("invoices list --help", "tollgate invoices list --customer acme --project shop")]
    public async Task Help_has_examples(string line, string example)
    {
        var (code, text) = await ServerProcess.RunAsync(line.Split(' '));
        code.ShouldBe(0, text);
        text.ShouldContain(example);
    }
}
