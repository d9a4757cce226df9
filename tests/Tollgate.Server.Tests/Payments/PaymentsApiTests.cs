using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Payments;

/// <summary>A server that queries a provider after a second.</summary>
public sealed class ImpatientServer(TestPostgres postgres) : IAsyncLifetime
{
    public RunningServer Running { get; } = new(postgres)
    {
        Environment = new Dictionary<string, string> { ["TOLLGATE_PAYMENT_SECONDS"] = "1" },
    };

    public ValueTask InitializeAsync() => Running.InitializeAsync();

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}

/// <summary>The classes that share one: each of their tests has a project of its own.</summary>
[CollectionDefinition(nameof(ImpatientServer))]
public sealed class ImpatientServerTests : ICollectionFixture<ImpatientServer>;

/// <summary>Payments and refunds with the sandbox's provider. Each test has a project of its own.</summary>
[Collection(nameof(ImpatientServer))]
public sealed class PaymentsApiTests(ImpatientServer server)
{
    private readonly RunningServer _running = server.Running;

    [Fact]
    public async Task A_charge_pays_its_invoice_once_and_a_second_one_finds_nothing_due()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");

        var payment = await ChargeAsync(sandbox, invoice);
        var again = await sandbox.Door.PostAsync("/v1/payments", Body(invoice));

        (Word(payment, "status"), payment["amount"].GetValue<long>(), Word(payment, "provider")).ShouldBe(("succeeded", 2900, "sandbox"));
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        (again.Status, Word(again, "code")).ShouldBe((HttpStatusCode.Conflict, "invoice_state"));
        (await sandbox.Door.GetAsync($"/v1/payments?invoice={invoice}"))["data"].AsArray().Count.ShouldBe(1);
        await ShouldBeCleanAsync(sandbox);
    }

    [Theory]
    [InlineData("pm_sandbox_declined", "declined")]
    [InlineData("pm_sandbox_insufficient_funds", "insufficient_funds")]
    [InlineData("pm_sandbox_authentication", "authentication_required")]
    public async Task A_card_that_does_not_pay_leaves_the_invoice_open_and_another_card_pays_it(string card, string failure)
    {
        var (sandbox, invoice) = await OwingAsync(card);

        var failed = await ChargeAsync(sandbox, invoice);
        (Word(failed, "status"), Word(failed, "failure")).ShouldBe(("failed", failure));
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("open", 0, 2900));

        await AddCardAsync(sandbox, "pm_sandbox_mastercard");
        Word(await ChargeAsync(sandbox, invoice), "status").ShouldBe("succeeded");
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_asked_for_and_the_money_is_taken_once()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_timeout");

        var pending = await ChargeAsync(sandbox, invoice);
        Word(pending, "status").ShouldBe("pending");
        var meanwhile = await sandbox.Door.PostAsync("/v1/payments", Body(invoice));
        (meanwhile.Status, Word(meanwhile, "code")).ShouldBe((HttpStatusCode.Conflict, "payment_pending"));

        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + Word(pending, "id")), "status") == "succeeded");
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Money_that_arrives_after_a_bank_transfer_becomes_the_customers_credit()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_timeout");
        var pending = await ChargeAsync(sandbox, invoice);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "Bank transfer"}""")).Status.ShouldBe(HttpStatusCode.OK);

        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + Word(pending, "id")), "status") == "succeeded");

        var credits = await sandbox.Door.GetAsync("/v1/customers/acme/credits");
        credits["balances"][0]!["amount"]!.GetValue<long>().ShouldBe(2900);
        credits["data"][0]!["cause"]!.GetValue<string>().ShouldBe("payment");
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_refund_of_what_a_change_set_off_is_refused_with_that_reason()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        var subscription = (await sandbox.Door.GetAsync("/v1/subscriptions?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.SendAsync(
            new("PATCH"), $"/v1/subscriptions/{subscription}", """{"plan": "enterprise", "when": "now"}""")).Status.ShouldBe(
            HttpStatusCode.OK);

        var refused = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 2900}""");
        (refused.Status, Word(refused, "code")).ShouldBe((HttpStatusCode.UnprocessableEntity, "refund_refused"));
        Word(refused, "detail").ShouldContain("was credited when the subscription changed");
    }

    [Fact]
    public async Task Refunds_have_credit_notes_and_never_exceed_the_payment()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");

        var first = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900, "reason": "Two days of outage"}""");
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"amount": 500, "reason": "Sorry"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        var tooMuch = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 1501}""");
        var rest = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds");
        var nothing = await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds");

        first.Status.ShouldBe(HttpStatusCode.Created, first.Json?.ToJsonString());
        first["refunds"][0]!["status"]!.GetValue<string>().ShouldBe("succeeded");
        (tooMuch.Status, Word(tooMuch, "code"),
            Word(tooMuch, "detail")).ShouldBe(
                (HttpStatusCode.UnprocessableEntity, "refund_refused",
                    "At most 15.00 USD can be refunded: 9.00 USD was refunded, 5.00 USD of its invoice was credited by credit notes."));
        rest["amount_refunded"].GetValue<long>().ShouldBe(2400);
        nothing.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        var shown = await sandbox.Door.GetAsync("/v1/invoices/" + invoice);
        shown["credit_notes"].AsArray().Select(note => (note!["id"]!.GetValue<string>(), note["total"]!.GetValue<long>())).ShouldBe(
        [
            (first["refunds"][0]!["credit_note"]!.GetValue<string>(), 900), (shown["credit_notes"][1]!["id"]!.GetValue<string>(), 500),
            (rest["refunds"][1]!["credit_note"]!.GetValue<string>(), 1500),
        ]);
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"][0]!["amount"]!.GetValue<long>()
            .ShouldBe(500, "A refunded amount is not credit.");
        var statement = await sandbox.Door.GetAsync("/v1/customers/acme/statement?from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z");
        statement["closing"].GetValue<long>().ShouldBe(0, statement.Json!.ToJsonString());
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task The_second_of_two_payments_goes_back_out_of_the_credit_and_leaves_the_invoice_alone()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_timeout");
        var late = Word(await ChargeAsync(sandbox, invoice), "id");
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "credits"}""");
        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + late), "status") == "succeeded");
        await ShouldBeCleanAsync(sandbox);

        var back = await sandbox.Door.PostAsync($"/v1/payments/{late}/refunds");

        (back["amount_refunded"].GetValue<long>(), back["refunds"][0]!["from_credit"]!.GetValue<long>(), back["refunds"][0]!["credit_note"])
            .ShouldBe((2900, 2900, null), back.Json!.ToJsonString());
        back.Status.ShouldBe(HttpStatusCode.Created);
        (await sandbox.Door.GetAsync("/v1/invoices/" + invoice)).Json!["credit_notes"]?.AsArray().Count.ShouldBe(0);
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>()).ShouldBe(0);
        var byHand = (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray()
            .Single(static one => one!["provider"]!.GetValue<string>() == "manual")!;
        var ofInvoice = await sandbox.Door.PostAsync($"/v1/payments/{byHand["id"]!.GetValue<string>()}/refunds", """{"amount": 1000}""");
        ofInvoice.Status.ShouldBe(HttpStatusCode.Created, ofInvoice.Json!.ToJsonString());
        ofInvoice["refunds"][0]!["credit_note"].ShouldNotBeNull("The payment of the invoice has a document.");
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Money_that_came_for_a_void_invoice_can_go_back_as_far_as_it_was_not_spent()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_timeout");
        var late = Word(await ChargeAsync(sandbox, invoice), "id");
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void")).Status.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () => Word(await sandbox.Door.GetAsync("/v1/payments/" + late), "status") == "succeeded");
        (await sandbox.Door.PostAsync("/v1/customers/acme/credits", """{"kind": "prepaid", "amount": -2000}""")).Status.ShouldBe(
            HttpStatusCode.Created);

        var tooMuch = await sandbox.Door.PostAsync($"/v1/payments/{late}/refunds", """{"amount": 901}""");
        var back = await sandbox.Door.PostAsync($"/v1/payments/{late}/refunds");

        (tooMuch.Status, Word(tooMuch, "detail")).ShouldBe((HttpStatusCode.UnprocessableEntity, "At most 9.00 USD can be refunded."));
        back["amount_refunded"].GetValue<long>().ShouldBe(900);
        await ShouldBeCleanAsync(sandbox);
    }

    [Theory]
    [InlineData("pm_sandbox_visa", "succeeded")]
    [InlineData("pm_sandbox_declined", "failed")]
    public async Task A_charge_whose_answer_was_never_stored_is_answered_again_by_its_key(string card, string status)
    {
        var (sandbox, invoice) = await OwingAsync(card);
        var key = ("Idempotency-Key", "charge of " + invoice);
        var first = await sandbox.Door.SendAsync(HttpMethod.Post, "/v1/payments", Body(invoice), key);
        await ForgetKeyAsync(key.Item2);

        var second = await sandbox.Door.SendAsync(HttpMethod.Post, "/v1/payments", Body(invoice), key);

        (second.Status, Word(second, "id"), Word(second, "status")).ShouldBe((HttpStatusCode.Created, Word(first, "id"), status),
            second.Json?.ToJsonString());
        (await sandbox.Door.GetAsync("/v1/payments"))["data"].AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_repeat_of_a_request_whose_answer_was_never_stored_has_no_second_effect()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        (string Path, string Body)[] requests =
        [
            ($"/v1/payments/{payment}/refunds", """{"amount": 300}"""),
            ($"/v1/invoices/{invoice}/credit-notes", """{"amount": 200, "reason": "Sorry"}"""),
            ("/v1/customers/acme/credits", """{"kind": "prepaid", "amount": 700}"""),
            ("/v1/customers/acme/credits", """{"kind": "promotional", "amount": 500}"""),
        ];

        foreach (var (path, body) in requests)
        {
            var key = ("Idempotency-Key", "key of " + body);
            var first = await sandbox.Door.SendAsync(HttpMethod.Post, path, body, key);
            await ForgetKeyAsync(key.Item2);
            var second = await sandbox.Door.SendAsync(HttpMethod.Post, path, body, key);
            (first.Status, second.Status).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created), second.Json?.ToJsonString());
        }

        (await sandbox.Door.GetAsync("/v1/payments/" + payment))["amount_refunded"].GetValue<long>().ShouldBe(300);
        (await sandbox.Door.GetAsync("/v1/invoices/" + invoice))["credit_notes"].AsArray().Count.ShouldBe(2);
        (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>()).ShouldBe(200 + 700 + 500);
        await ShouldBeCleanAsync(sandbox);
    }

    /// <summary>Simulates a crash between an effect and the storage of its answer.</summary>
    private async Task ForgetKeyAsync(string key)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var forget = new Npgsql.NpgsqlCommand("DELETE FROM idempotency_keys WHERE key = $1", connection)
        {
            Parameters = { new() { Value = key } },
        };
        (await forget.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Refunds_and_credit_notes_at_once_give_back_what_was_paid_and_no_more()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => n % 2 == 0
            ? sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 500}""")
            : sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"amount": 500, "reason": "Sorry"}""")));

        var notes = (await sandbox.Door.GetAsync("/v1/invoices/" + invoice))["credit_notes"].AsArray();
        notes.Sum(static note => note!["total"]!.GetValue<long>()).ShouldBe(2500);
        var refunds = (await sandbox.Door.GetAsync("/v1/payments/" + payment))["refunds"].AsArray();
        refunds.ShouldAllBe(refund => refund!["status"]!.GetValue<string>() == "succeeded");
        var credits = (await sandbox.Door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .Sum(static one => one!["amount"]!.GetValue<long>());
        (refunds.Sum(static refund => refund!["amount"]!.GetValue<long>()) + credits).ShouldBe(2500);
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Configured_sandbox_results_precede_the_cards_in_order()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        await BehaveAsync(sandbox, "decline", 2);
        await BehaveAsync(sandbox, "insufficient_funds", 1);

        var ends = new List<string>();
        for (var n = 0; n < 4; n++)
        {
            var payment = await ChargeAsync(sandbox, invoice);
            ends.Add(payment["failure"]?.GetValue<string>() ?? Word(payment, "status"));
        }

        ends.ShouldBe(["declined", "declined", "insufficient_funds", "succeeded"]);
    }

    [Fact]
    public async Task Many_charges_at_once_take_the_money_once()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => sandbox.Door.PostAsync("/v1/payments", Body(invoice))));

        answers.Count(static answer => answer.Status == HttpStatusCode.Created).ShouldBe(1);
        answers.Where(static answer => answer.Status != HttpStatusCode.Created)
            .ShouldAllBe(answer => answer.Status == HttpStatusCode.Conflict);
        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task A_paid_invoice_cannot_be_voided_or_given_up()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        await ChargeAsync(sandbox, invoice);

        await RefusedAsync(sandbox, $"/v1/invoices/{invoice}/void", "{}", HttpStatusCode.Conflict, "invoice_state");
        await RefusedAsync(sandbox, $"/v1/invoices/{invoice}/mark-uncollectible", "{}", HttpStatusCode.Conflict, "invoice_state");

        (await InvoiceAsync(sandbox, invoice)).ShouldBe(("paid", 2900, 0));
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task Paid_by_hand_is_a_payment_too_and_a_repeat_is_none()
    {
        var (sandbox, invoice) = await OwingAsync(null);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", """{"note": "Bank transfer"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay")).Status.ShouldBe(HttpStatusCode.OK);

        var payments = (await sandbox.Door.GetAsync("/v1/payments?customer=acme"))["data"].AsArray();

        payments.Select(static one =>
            (one!["provider"]!.GetValue<string>(), one["status"]!.GetValue<string>(), one["amount"]!.GetValue<long>()))
            .ShouldBe([("manual", "succeeded", 2900)]);
        var back = await sandbox.Door.PostAsync($"/v1/payments/{payments[0]!["id"]!.GetValue<string>()}/refunds");
        back["amount_refunded"].GetValue<long>().ShouldBe(2900);
        await ShouldBeCleanAsync(sandbox);
    }

    [Fact]
    public async Task The_newest_card_is_charged_and_after_its_removal_the_previous_one()
    {
        var (sandbox, _) = await OwingAsync("pm_sandbox_visa");
        var newest = await AddCardAsync(sandbox, "pm_sandbox_mastercard");
        (await CardsAsync(sandbox)).ShouldBe([("visa", false), ("mastercard", true)]);

        (await sandbox.Door.SendAsync(HttpMethod.Delete, "/v1/customers/acme/payment-methods/" + newest, null)).Status.ShouldBe(
            HttpStatusCode.NoContent);

        (await CardsAsync(sandbox)).ShouldBe([("visa", true)]);
        var again = await sandbox.Door.SendAsync(HttpMethod.Delete, "/v1/customers/acme/payment-methods/" + newest, null);
        (again.Status, Word(again, "code")).ShouldBe((HttpStatusCode.NotFound, "payment_method_not_found"));
    }

    [Fact]
    public async Task Impossible_charges_give_a_reason_and_other_projects_see_nothing()
    {
        var (sandbox, invoice) = await OwingAsync(null);
        var (other, _) = await OwingAsync("pm_sandbox_visa");
        await RefusedAsync(sandbox, "/v1/payments", Body(invoice), HttpStatusCode.Conflict, "payment_method_missing");
        await RefusedAsync(sandbox, "/v1/payments", """{"invoice": "none"}""", HttpStatusCode.NotFound, "invoice_not_found");
        await RefusedAsync(sandbox, "/v1/payments", "{}", HttpStatusCode.UnprocessableEntity, "validation_failed");
        await RefusedAsync(sandbox, "/v1/payments/none/refunds", "{}", HttpStatusCode.NotFound, "payment_not_found");
        await RefusedAsync(
            sandbox, "/v1/customers/acme/payment-methods", """{"token": "4242424242424242"}""", HttpStatusCode.UnprocessableEntity,
            "validation_failed");
        await RefusedAsync(
            sandbox, "/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "maybe"}""", HttpStatusCode.UnprocessableEntity,
            "validation_failed");
        await RefusedAsync(other, "/v1/payments", Body(invoice), HttpStatusCode.NotFound, "invoice_not_found");
        (await other.Door.GetAsync("/v1/payments?invoice=" + invoice))["data"].AsArray().ShouldBeEmpty();

        var live = _running.DoorOf("trendit");
        (await live.PostAsync("/v1/sandbox/payment-behavior", """{"customer": "acme", "outcome": "decline"}"""))["code"].GetValue<string>()
            .ShouldBe("sandbox_only");
        (await live.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}"""))["code"].GetValue<string>()
            .ShouldBe("billing_not_configured");
    }

    [Fact]
    public async Task Books_of_payments_that_were_tampered_with_are_found()
    {
        var (sandbox, invoice) = await OwingAsync("pm_sandbox_visa");
        var payment = Word(await ChargeAsync(sandbox, invoice), "id");
        await sandbox.Door.PostAsync($"/v1/payments/{payment}/refunds", """{"amount": 900}""");
        await ShouldBeCleanAsync(sandbox);

        (string Do, string Undo)[] tamperings =
        [
            ($"UPDATE payments SET amount = amount + 1 WHERE id = '{payment}'",
                $"UPDATE payments SET amount = amount - 1 WHERE id = '{payment}'"),
            ($"UPDATE payments SET refunded = refunded - 1 WHERE id = '{payment}'",
                $"UPDATE payments SET refunded = refunded + 1 WHERE id = '{payment}'"),
            ($"UPDATE payments SET currency = 'EUR' WHERE id = '{payment}'",
                $"UPDATE payments SET currency = 'USD' WHERE id = '{payment}'"),
            ($"UPDATE refunds SET amount = amount + 1 WHERE payment = '{payment}'",
                $"UPDATE refunds SET amount = amount - 1 WHERE payment = '{payment}'"),
            ($"UPDATE refunds SET credit_note = gen_random_uuid() WHERE payment = '{payment}'",
                "UPDATE refunds r SET credit_note = (SELECT n.id FROM credit_notes n WHERE n.invoice = r.invoice) WHERE payment = "
                    + $"'{payment}'"),
            ($"UPDATE payment_facts SET amount = amount + 500 WHERE payment = '{payment}' AND verb = 'succeed'",
                $"UPDATE payment_facts SET amount = amount - 500 WHERE payment = '{payment}' AND verb = 'succeed'"),
            ($"UPDATE payment_facts SET verb = 'fail' WHERE payment = '{payment}' AND verb = 'succeed'",
                $"UPDATE payment_facts SET verb = 'succeed' WHERE payment = '{payment}' AND verb = 'fail'"),
        ];
        foreach (var (tamper, undo) in tamperings)
        {
            await ExecuteAsync(tamper);
            (await FoundAsync(sandbox)).ShouldContain("payments", tamper);
            await ExecuteAsync(undo);
            await ShouldBeCleanAsync(sandbox);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        (await command.ExecuteNonQueryAsync()).ShouldBe(1, sql);
    }

    private Task<(BillingSandbox Sandbox, string Invoice)> OwingAsync(string? card) => PaymentSteps.OwingAsync(_running, card);

    private Task<string[]> FoundAsync(BillingSandbox sandbox) => PaymentSteps.FoundAsync(_running, sandbox);

    private async Task ShouldBeCleanAsync(BillingSandbox sandbox) => (await FoundAsync(sandbox)).ShouldBeEmpty();

    private static async Task<(string, bool)[]> CardsAsync(BillingSandbox sandbox) =>
        [.. (await sandbox.Door.GetAsync("/v1/customers/acme/payment-methods"))["data"].AsArray()
            .Select(static card => (card!["brand"]!.GetValue<string>(), card["default"]!.GetValue<bool>()))];

    private static async Task BehaveAsync(BillingSandbox sandbox, string outcome, int times) =>
        (await sandbox.Door.PostAsync(
            "/v1/sandbox/payment-behavior", $$"""{"customer": "acme", "outcome": "{{outcome}}", "times": {{times}}}"""))
            .Status.ShouldBe(HttpStatusCode.NoContent);
}
