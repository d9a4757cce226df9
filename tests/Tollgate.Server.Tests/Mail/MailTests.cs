using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Mail;

/// <summary>Mails to customers. Mails of sandbox projects are files; those of live ones go to a mail server.</summary>
public sealed partial class MailTests(MailedServer server) : IClassFixture<MailedServer>
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_failed_renewal_is_told_on_each_day_once_and_only_to_who_has_an_address()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        foreach (var customer in new[] { "acme", "nobody" })
        {
            var address = customer == "acme" ? ", \"email\": \"ada@acme.example\", \"name\": \"Ada <script>\"" : "";
            (await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{customer}}"{{address}}}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            (await sandbox.Door.PostAsync($"/v1/customers/{customer}/payment-methods", """{"token": "pm_sandbox_visa"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            await sandbox.SubscribeAsync($$"""{"customer": "{{customer}}", "plan": "pro", "trial": false}""");
        }

        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        foreach (var customer in new[] { "acme", "nobody" })
        {
            await sandbox.Door.PostAsync(
                "/v1/sandbox/payment-behavior", $$"""{"customer": "{{customer}}", "outcome": "decline", "times": 5}""");
        }

        // Other transactions begin and end meanwhile: related facts are not found by their position.
        using (var enough = new CancellationTokenSource())
        {
            var others = CrowdAsync(enough.Token);
            await sandbox.AdvanceAsync("2027-04-01T00:00:00Z");
            await enough.CancelAsync();
            await others;
        }

        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "acme")).Count(static mail => Text(mail, "status") == "sent") == 6);
        var mails = await MailsAsync(sandbox.Door, "acme");
        mails.Select(static mail =>
            $"{mail["at"]!.GetValue<DateTimeOffset>().ToString("MM-dd", CultureInfo.InvariantCulture)} {Text(mail, "type")}").ShouldBe(
            ["01-31 receipt", "02-28 payment_failed", "03-01 payment_failed", "03-03 payment_failed", "03-05 payment_failed",
                "03-07 payment_failed"]);
        mails.ShouldAllBe(static mail => Text(mail, "to") == "a…@acme.example");
        Text(mails[5], "subject").ShouldBe("Pro has ended: invoice " + NumberIn(mails[5]) + " was not paid");
        (await MailsAsync(sandbox.Door, "nobody")).Select(static mail => Text(mail, "reason")).Distinct().ShouldBe(["no_address"]);

        var told = await sandbox.Door.GetAsync("/v1/mails/" + Text(mails[1], "id"));
        told["text"].GetValue<string>().ShouldContain("You keep Pro for now. We will try again on Mar 1, 2027");
        var last = (await sandbox.Door.GetAsync("/v1/mails/" + Text(mails[5], "id")))["text"].GetValue<string>();
        last.ShouldContain("We tried one last time to collect $29.00");
        last.ShouldContain("Pro ended on Mar 7, 2027. You are now on Free.");
        last.ShouldContain("To use Pro again, subscribe again.");
        var file = await FileAsync(Text(mails[1], "id"));
        file.ShouldContain("To: ada@acme.example");
        file.ShouldNotContain("<script>");
        Body(file).ShouldContain("/pay/", Case.Sensitive, "It was given up, and can be paid.");
        Directory.GetFiles(Path.Combine(_running.Server.Data, "mail"), "*.eml").Select(File.ReadAllText)
            .ShouldAllBe(static text => !text.Contains("nobody@"));
    }

    [Fact]
    public async Task The_link_in_a_mail_opens_a_page_that_pays_the_invoice()
    {
        var sandbox = await FailedAsync();
        await UntilAsync(
            async () =>
                (await MailsAsync(sandbox.Door, "acme")).Any(static mail => Text(mail, "type") == "payment_failed"
                    && Text(mail, "status") == "sent"));
        var mail = (await MailsAsync(sandbox.Door, "acme")).Single(static mail => Text(mail, "type") == "payment_failed");

        var checkouts = await sandbox.Door.GetAsync("/v1/checkouts?customer=acme");

        Body(await FileAsync(Text(mail, "id"))).ShouldContain(_running.Server.Url + "pay/");
        checkouts["data"].AsArray().ShouldHaveSingleItem()!["kind"]!.GetValue<string>().ShouldBe("invoice");
        (await sandbox.Door.GetAsync("/v1/mails/" + Text(mail, "id")))["html"].GetValue<string>()
            .ShouldNotContain("/pay/", Case.Sensitive, "Only the customer has the link.");
    }

    [Fact]
    public async Task The_end_of_a_trial_is_told_three_days_before_and_once()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        foreach (var customer in new[] { "stays", "leaves" })
        {
            await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""");
            await sandbox.SubscribeAsync($$"""{"id": "{{customer}}", "customer": "{{customer}}", "plan": "pro"}""");
        }

        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "stays")).Length == 1);
        (await MailsAsync(sandbox.Door, "stays"))[0]["status"]!.GetValue<string>().ShouldBe("waiting");
        await sandbox.AdvanceAsync("2027-01-05T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/subscriptions/leaves/cancel", """{"at": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);

        await sandbox.AdvanceAsync("2027-01-12T00:00:00Z");

        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "stays")).Single()["status"]!.GetValue<string>() == "sent");
        Text((await MailsAsync(sandbox.Door, "stays")).Single(), "subject").ShouldBe("Your trial of Pro ends on Jan 15, 2027");
        await UntilAsync(
            async () =>
                (await MailsAsync(sandbox.Door, "leaves")).Any(static mail => Text(mail, "type") == "trial_ending"
                    && Text(mail, "status") == "skipped"));
        (await MailsAsync(sandbox.Door, "leaves")).Select(static mail => Text(mail, "type")).Order().ShouldBe(["canceled", "trial_ending"]);
        await sandbox.AdvanceAsync("2027-03-01T00:00:00Z");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        (await MailsAsync(sandbox.Door, "stays")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task The_end_of_a_trial_is_told_as_it_will_be_and_not_as_it_was_when_it_began()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        var ends = new Dictionary<string, (string Says, bool HasPrice)>
        {
            ["goes-on"] = ("After that, Pro continues for $29.00 a month.", true),
            ["ends"] = ("You have canceled your trial, so we will not charge you. You then move to Free.", false),
            ["grows"] = ("After that, Enterprise continues for $299.00 a month.", true),
        };
        foreach (var customer in ends.Keys)
        {
            await sandbox.Door.PostAsync("/v1/customers", $$"""{"id": "{{customer}}", "email": "{{customer}}@acme.example"}""");
            await sandbox.SubscribeAsync($$"""{"id": "{{customer}}", "customer": "{{customer}}", "plan": "pro"}""");
        }

        // The reminder is recorded before anything changes.
        await UntilAsync(async () =>
            (await Task.WhenAll(ends.Keys.Select(customer => MailsAsync(sandbox.Door, customer)))).All(static mails => mails.Length == 1));
        await sandbox.AdvanceAsync("2027-01-05T00:00:00Z");
        (await sandbox.Door.PostAsync("/v1/subscriptions/ends/cancel", """{"at": "period_end"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PatchAsync("/v1/subscriptions/grows", """{"plan": "enterprise", "when": "now"}""")).Status.ShouldBe(
            HttpStatusCode.OK);

        await sandbox.AdvanceAsync("2027-01-12T00:00:00Z");

        foreach (var (customer, (says, hasPrice)) in ends)
        {
            await UntilAsync(async () => Text(await ReminderAsync(customer), "status") == "sent", () => customer);
            var shown = await sandbox.Door.GetAsync("/v1/mails/" + Text(await ReminderAsync(customer), "id"));
            shown["text"].GetValue<string>().ShouldContain(says, Case.Sensitive, customer);
            shown["text"].GetValue<string>().Contains("Price: ", StringComparison.Ordinal).ShouldBe(hasPrice, customer);
        }

        async Task<JsonNode> ReminderAsync(string customer) =>
            (await MailsAsync(sandbox.Door, customer)).Single(static mail => Text(mail, "type") == "trial_ending");
    }

    [Fact]
    public async Task An_unsubscribed_customer_gets_receipts_and_no_usage_mails()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "email": "ada@acme.example"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "calls", 85);
        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "acme")).Any(static mail => Text(mail, "status") == "sent"));
        var first = (await MailsAsync(sandbox.Door, "acme")).Single();
        (Text(first, "type"), Text(first, "subject")).ShouldBe(("quota_threshold", "Calls: 80% used"));
        var says = (await sandbox.Door.GetAsync("/v1/mails/" + Text(first, "id")))["text"].GetValue<string>();
        says.ShouldContain("Resets on: Feb 28, 2027");
        says.ShouldContain($"See the plans:\n{_running.Server.Url.AbsoluteUri}{sandbox.Code}/pricing");

        var link = UnsubscribeLink()
            .Match(await FileAsync(Text(first, "id"))
                .ContinueWith(static file => Unfolded(file.Result), TaskScheduler.Default)).Groups[1].Value;
        using var anybody = new HttpClient();
        (await anybody.GetStringAsync(new Uri(link), TestContext.Current.CancellationToken)).ShouldContain(">Unsubscribe</button>");
        (await MailsAsync(sandbox.Door, "acme")).Length.ShouldBe(1, "Looking changes nothing.");
        (await anybody.GetStringAsync(new Uri(link), TestContext.Current.CancellationToken)).ShouldContain("<html lang=\"en");
        using var click = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        (await anybody.PostAsync(new Uri(link), click, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await anybody.PostAsync(new Uri(link[..^8] + "AAAAAAAA"), click, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(
            HttpStatusCode.BadRequest);

        await sandbox.UseAsync("acme", "calls", 30);
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay");

        await UntilAsync(async () => await MailsAsync(sandbox.Door, "acme") is { Length: 3 } mails
            && mails.All(static mail => Text(mail, "status") != "waiting"));
        (await MailsAsync(sandbox.Door, "acme")).Select(static mail => $"{Text(mail, "type")} {Text(mail, "status")} {mail["reason"]}")
            .Order()
            .ShouldBe(["quota_threshold sent ", "quota_threshold skipped unsubscribed", "receipt sent "]);
        var receipt = await FileAsync(
            Text((await MailsAsync(sandbox.Door, "acme")).Single(static mail => Text(mail, "type") == "receipt"), "id"));
        (receipt.Contains("application/pdf", StringComparison.Ordinal),
            receipt.Contains("JVBERi", StringComparison.Ordinal)).ShouldBe((true, true), "A receipt brings the invoice.");
    }

    [Theory]
    [InlineData("de-AT", "<html lang=\"de-AT\">", ">Abbestellen</button>", ">E-Mails zum Verbrauch abbestellt</h1>")]
    [InlineData("fr", "<html lang=\"fr\">", ">Se désabonner</button>", ">Désabonnement confirmé</h1>")]
    [InlineData("es", "<html lang=\"es\">", ">Darse de baja</button>", ">Baja confirmada</h1>")]
    public async Task Mails_are_refused_in_the_language_in_which_they_were_written(string language, string html, string button, string done)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        var settings = (await sandbox.Door.GetAsync("/v1/invoice-settings")).Json!.AsObject();
        settings["language"] = language;
        (await sandbox.Door.PutAsync("/v1/invoice-settings", settings.ToJsonString())).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "email": "ada@acme.example"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "calls", 85);
        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "acme")).Any(static mail => Text(mail, "status") == "sent"));
        var link = UnsubscribeLink()
            .Match(Unfolded(await FileAsync(Text((await MailsAsync(sandbox.Door, "acme")).Single(), "id")))).Groups[1].Value;

        using var anybody = new HttpClient();
        var asks = WebUtility.HtmlDecode(await anybody.GetStringAsync(new Uri(link), TestContext.Current.CancellationToken));
        (asks.Contains(html, StringComparison.Ordinal), asks.Contains(button, StringComparison.Ordinal)).ShouldBe((true, true), asks);
        using var answer = await anybody.PostAsync(new Uri(link), null, TestContext.Current.CancellationToken);
        WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(done);

        // A wrong link names no customer, so the page uses the browser's language.
        anybody.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language + ", en;q=0.5");
        using var wrong = await anybody.GetAsync(new Uri(link[..^8] + "AAAAAAAA"), TestContext.Current.CancellationToken);
        (await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain($"<html lang=\"{language[..2]}\">");
    }

    [Fact]
    public async Task A_mail_server_that_is_away_gets_the_mail_later_and_one_that_refuses_ends_it()
    {
        var live = _running.DoorOf("trendit");
        server.TestHost.Answer = static line => line.Contains("later@", StringComparison.Ordinal) ? "450 come again"
            : line.Contains("never@", StringComparison.Ordinal) ? "550 nobody"
            : "250 OK";
        var plan = (await live.GetAsync("/v1/plans"))["data"].AsArray()
            .First(static one => one!["prices"]!.AsArray().Any(static price => price!["amount"]!.GetValue<long>() > 0))!;
        var price = plan["prices"]!.AsArray().First(static one => one!["amount"]!.GetValue<long>() > 0)!;
        foreach (var customer in new[] { "now", "later", "never" })
        {
            (await live.PostAsync(
                "/v1/customers", $$"""{"id": "mail-{{customer}}", "email": "{{customer}}@acme.example"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            var made = await live.PostAsync(
                "/v1/subscriptions",
                $$"""{"customer": "mail-{{customer}}", "plan": "{{Text(plan, "code")}}", "period": "{{Text(price, "interval")}}", "currency": "{{Text(price, "currency")}}", "trial": false}""");
            made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
            (await live.PostAsync($"/v1/invoices/{made["latest_invoice"].GetValue<string>()}/pay")).Status.ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => Text(await OnlyAsync("now"), "status") == "sent");
        await UntilAsync(async () => Text(await OnlyAsync("never"), "status") == "failed");
        await UntilAsync(async () => (await OnlyAsync("later"))["attempts"]!.GetValue<int>() == 1
            && (await OnlyAsync("later"))["reason"] is not null);
        Text(await OnlyAsync("later"), "status").ShouldBe("waiting");
        server.TestHost.Answer = static _ => "250 OK";
        await ExecuteAsync("UPDATE mails SET due_at = now() WHERE customer = 'mail-later' AND state = 'waiting'");
        await UntilAsync(async () => Text(await OnlyAsync("later"), "status") == "sent");

        var taken = server.TestHost.Taken.Where(static message => message.Contains("@acme.example", StringComparison.Ordinal)).ToArray();
        taken.Length.ShouldBe(2);
        taken[0].ShouldContain("From: ");
        taken[0].ShouldContain("billing@trendit.example");
        taken[0].ShouldContain("multipart/alternative");
        taken[0].ShouldContain($"Message-ID: <{Text(await OnlyAsync("now"), "id")}@trendit.example>", Case.Insensitive);
        taken[0].ShouldNotContain("List-Unsubscribe");

        async Task<JsonNode> OnlyAsync(string customer) =>
            (await MailsAsync(live, "mail-" + customer)).SingleOrDefault() ?? new JsonObject { ["status"] = "none", ["attempts"] = 0 };
    }

    [Theory]
    [InlineData("Acme\" <ceo@bank.example>, \"x")]
    [InlineData("Acme\\")]
    public async Task A_name_adds_no_sender(string name)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        (await sandbox.Door.SendAsync(
            HttpMethod.Put, "/v1/invoice-settings", new JsonObject { ["name"] = name }.ToJsonString())).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "email": "ada@acme.example"}""");
        await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");

        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "acme")).Any(static mail => Text(mail, "status") == "sent"));
        var file = Unfolded(await FileAsync(Text((await MailsAsync(sandbox.Door, "acme"))[0], "id")));
        var from = file.Split('\n').Single(static line => line.StartsWith("From: ", StringComparison.Ordinal));

        from.Count(static one => one == '@').ShouldBe(1, from);
        from.ShouldEndWith("<billing@trendit.example>");
        from.ShouldNotContain("\\");
    }

    [Fact]
    public async Task Changes_of_plans_and_cancellations_are_told()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "email": "ada@acme.example"}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.Door.SendAsync(HttpMethod.Patch, "/v1/subscriptions/" + id, """{"plan": "enterprise", "when": "now"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "period_end"}""");
        await sandbox.AdvanceAsync("2027-04-01T00:00:00Z");

        await UntilAsync(async () => (await MailsAsync(sandbox.Door, "acme")).Length == 2);
        (await MailsAsync(sandbox.Door, "acme")).Select(static mail => Text(mail, "subject"))
            .ShouldBe(["Your plan is now Enterprise", "Enterprise ends on Feb 28, 2027"]);
        (await sandbox.Door.GetAsync("/v1/mails?type=maybe")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await sandbox.Door.GetAsync("/v1/mails/none"))["code"].GetValue<string>().ShouldBe("mail_not_found");
    }

    [Theory]
    [InlineData("en", "$29.00", "Pro endet", false)]
    [InlineData("de-AT", "$\u00A029,00", "Pro endete am 07.03.2027. Sie nutzen jetzt Free.", true)]
    [InlineData("fr", "29,00\u00A0$", "Pro a pris fin le 07/03/2027. Vous utilisez désormais Free.", true)]
    [InlineData("es", "29,00\u00A0$", "Pro terminó el 07/03/2027. Ahora tiene Free.", true)]
    public async Task Mails_speak_the_language_of_the_invoices(string language, string amount, string end, bool isIn)
    {
        var sandbox = await FailedAsync(9);
        await sandbox.AdvanceAsync("2027-03-07T00:00:00Z");
        var settings = (await sandbox.Door.GetAsync("/v1/invoice-settings")).Json!.AsObject();
        settings["language"] = language;
        (await sandbox.Door.SendAsync(HttpMethod.Put, "/v1/invoice-settings", settings.ToJsonString())).Status.ShouldBe(HttpStatusCode.OK);

        await UntilAsync(async () =>
            (await MailsAsync(sandbox.Door, "acme")).Count(static mail => Text(mail, "type") == "payment_failed") == 5);
        var last = (await sandbox.Door.GetAsync("/v1/mails/" + Text((await MailsAsync(sandbox.Door, "acme"))[^1], "id"))).Json!;

        Text(last, "text").ShouldContain(amount);
        Text(last, "text").Contains(end, StringComparison.Ordinal).ShouldBe(isIn);
        Text(last, "html").ShouldContain($"<html lang=\"{language}\"");
    }

    /// <summary>acme's renewal of the 28th of February has failed.</summary>
    private async Task<BillingSandbox> FailedAsync(int times = 1)
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "email": "ada@acme.example"}""");
        await sandbox.Door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""");
        await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await sandbox.Door.PostAsync(
            "/v1/sandbox/payment-behavior",
            """{"customer": "acme", "outcome": "decline", "times": """ + times.ToString(CultureInfo.InvariantCulture) + "}");
        await sandbox.AdvanceAsync("2027-02-28T12:00:00Z");
        return sandbox;
    }

    private async Task<string> FileAsync(string id)
    {
        var folder = Path.Combine(_running.Server.Data, "mail");
        return await File.ReadAllTextAsync(
            Directory.GetFiles(folder, $"*{id.Replace("-", "", StringComparison.Ordinal)}.eml").Single(),
            TestContext.Current.CancellationToken);
    }

    /// <summary>The parts, decoded.</summary>
    private static string Body(string file) => string.Concat(Encoded().Matches(file).Select(static part =>
        part.Groups[1].Value == "base64"
            ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(part.Groups[2].Value.ReplaceLineEndings("")))
            : part.Groups[2].Value.ReplaceLineEndings("\n").Replace("=\n", "", StringComparison.Ordinal)
                .Replace("=3D", "=", StringComparison.Ordinal)));

    private static string Unfolded(string file) => file.ReplaceLineEndings("\n").Replace("\n ", "", StringComparison.Ordinal);

    /// <summary>Oldest first.</summary>
    private static async Task<JsonNode[]> MailsAsync(Door door, string customer) =>
        [.. (await door.GetAsync($"/v1/mails?customer={customer}&limit=100"))["data"].AsArray().Reverse().Select(static one => one!)];

    private static string NumberIn(JsonNode mail) =>
        Text(mail, "subject").Split(' ').Single(static word => word.Contains("-0", StringComparison.Ordinal));

    private static string Text(JsonNode from, string member) => from[member]!.GetValue<string>();

    private async Task CrowdAsync(CancellationToken enough)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new Npgsql.NpgsqlCommand("SELECT pg_current_xact_id()", connection);
        while (!enough.IsCancellationRequested)
        {
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"List-Unsubscribe: <([^>]+)>")]
    private static partial Regex UnsubscribeLink();

    [GeneratedRegex(@"Content-Transfer-Encoding: (\S+)\r?\n\r?\n(.*?)\r?\n\r?\n?--", RegexOptions.Singleline)]
    private static partial Regex Encoded();
}

/// <summary>A server with a mail server.</summary>
public sealed class MailedServer : IAsyncLifetime
{
    public MailedServer(TestPostgres postgres) => Running = new(postgres)
    {
        Environment = new Dictionary<string, string>
        {
            ["TOLLGATE_SMTP_HOST"] = "127.0.0.1", ["TOLLGATE_SMTP_PORT"] = TestHost.Port.ToString(CultureInfo.InvariantCulture),
            ["TOLLGATE_SMTP_TLS"] = "0",
            ["TOLLGATE_SMTP_FROM"] = "billing@trendit.example",
        },
    };

    public SmtpHost TestHost { get; } = new SmtpHost().Open();

    public RunningServer Running { get; }

    public ValueTask InitializeAsync() => Running.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await Running.DisposeAsync();
        await TestHost.DisposeAsync();
    }
}
