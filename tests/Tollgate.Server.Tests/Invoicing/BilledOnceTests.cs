using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>A month is billed by the terms agreed in it, and money is returned once.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class BilledOnceTests(RunningServer running)
{
    [Theory]
    [InlineData("""{"calls": {"quota": 600}}""", 550)]
    [InlineData("""{"calls": {"quota": null, "overage_price": []}}""", 5000)] // unlimited
    public async Task An_override_that_ends_changes_nothing_of_the_months_that_had_it(string agreed, decimal used)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        (await sandbox.Door.PutAsync("/v1/customers/a/overrides", agreed)).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("a", "calls", used);
        await sandbox.AdvanceAsync("2027-05-02T00:00:00Z");
        (await sandbox.Door.PutAsync("/v1/customers/a/overrides", """{"calls": null}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.UseAsync("a", "calls", 20, "2027-04-29T00:00:00Z");
        await sandbox.AdvanceAsync("2027-07-02T00:00:00Z");
        (await sandbox.InvoicesAsync("a")).Select(static line => line[7..]).ShouldBe(
            ["start 2900 = subscription 2900", "renewal 2900 = subscription 2900", "renewal 2900 = subscription 2900",
                "renewal 2900 = subscription 2900"]);
        (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"].AsArray().Count.ShouldBe(4);
    }

    /// <summary>
    /// The database itself refuses a second invoice for a period, for any program. A void invoice makes room for another.
    /// </summary>
    [Fact]
    public async Task PostgreSQL_refuses_a_second_invoice_of_a_kind_for_one_period()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();

        var refused = await Should.ThrowAsync<PostgresException>(CopyAsync);
        (refused.SqlState, refused.ConstraintName).ShouldBe((PostgresErrorCodes.UniqueViolation, "invoices_once"));

        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void")).Status.ShouldBe(HttpStatusCode.OK);
        (await CopyAsync()).ShouldBe(1);

        async Task<int> CopyAsync()
        {
            await using var connection = new NpgsqlConnection(running.ConnectionString);
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var copy = new NpgsqlCommand(
                $"""
                CREATE TEMPORARY TABLE copied ON COMMIT DROP AS SELECT * FROM invoices WHERE id = '{invoice}';
                UPDATE copied SET id = gen_random_uuid(), status = 'open', paid = 0, from_credits = 0, credited = 0;
                INSERT INTO invoices SELECT * FROM copied;
                """, connection, transaction);
            await copy.ExecuteNonQueryAsync();
            await using var count = new NpgsqlCommand(
                "SELECT count(*) FROM copied JOIN invoices USING (partition, account, id)", connection, transaction);
            return (int)(long)(await count.ExecuteScalarAsync())!;
        }
    }

    /// <summary>
    /// Half of April's overage came off with a coupon, and the invoice of May's is void: half of April's is returned and nothing of May's,
    /// and verify finds no difference.
    /// </summary>
    [Fact]
    public async Task Voided_usage_goes_back_as_it_was_paid_and_the_books_agree()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await sandbox.Door.PostAsync(
            "/v1/coupons", """{"code": "HALF", "percent_off": 50, "duration": "repeating", "months": 2}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false, "coupon": "HALF"}""");
        await sandbox.AdvanceAsync("2027-04-10T00:00:00Z");
        await EventAsync(sandbox, "april", 1000, "2027-04-10T00:00:00Z");
        await sandbox.AdvanceAsync("2027-05-10T00:00:00Z");
        await EventAsync(sandbox, "may", 1000, "2027-05-10T00:00:00Z");
        await sandbox.AdvanceAsync("2027-06-02T00:00:00Z");
        var june = (await sandbox.Door.GetAsync("/v1/invoices?customer=a&limit=1"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{june}/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var mistake in (string[])["april", "may"])
        {
            (await sandbox.Door.PostAsync($"/v1/events/{mistake}/void", """{"customer": "a"}""")).Status.ShouldBe(HttpStatusCode.OK);
        }

        await sandbox.AdvanceAsync("2027-07-02T00:00:00Z");
        var bills = (await sandbox.InvoicesAsync("a")).ToArray();
        var asked = (await sandbox.Door.GetAsync("/v1/invoices?customer=a&order=asc"))["data"].AsArray()
            .Select(static invoice => invoice!["lines"]!.AsArray().Where(static line => (string)line!["kind"]! == "usage")
                .Sum(static line => (long)line!["amount"]!)).ToArray();
        var (april, may, back) = (asked[1], asked[2], asked[3]);
        april.ShouldBeGreaterThan(0, string.Join('\n', bills));
        may.ShouldBe(april);
        back.ShouldBe(-(april - (long)decimal.Round(april / 2m, MidpointRounding.AwayFromZero)));
        var report = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(static one => one!.ToJsonString()).ShouldBeEmpty();

        static async Task EventAsync(BillingSandbox sandbox, string id, int quantity, string at)
        {
            var answer = await sandbox.Door.PostAsync(
                "/v1/events",
                $$"""[{"id": "{{id}}", "customer": "a", "type": "calls", "quantity": {{quantity}}, "occurred_at": "{{at}}"}]""");
            answer["rejected"].AsArray().ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_change_does_not_credit_what_a_credit_note_returned()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", "{}");
        (await sandbox.Door.PostAsync(
            $"/v1/invoices/{invoice}/credit-notes", """{"lines": [1], "reason": "A bad month"}""")).Status.ShouldBe(HttpStatusCode.Created);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 14950 = proration_charge 14950");
        change["invoice"]["paid_from_credits"]!.GetValue<long>().ShouldBe(2900);
    }

    [Fact]
    public async Task An_amount_of_a_void_invoice_is_not_credited()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "enterprise"}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("000002 change 1450 = proration_charge 1450");
    }

    [Fact]
    public async Task An_uncollectible_amount_is_not_credited_until_it_is_paid()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "enterprise"}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        (await PreviewAsync()).ShouldBe("change 0 = proration_credit -14950, proration_charge 1450");
        for (var again = 0; again < 2; again++)
        {
            (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/mark-uncollectible", "{}")).Status.ShouldBe(HttpStatusCode.OK);
            (await PreviewAsync()).ShouldBe("change 1450 = proration_charge 1450");
        }

        for (var again = 0; again < 2; again++)
        {
            (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay", "{}")).Status.ShouldBe(HttpStatusCode.OK);
            (await PreviewAsync()).ShouldBe("change 0 = proration_credit -14950, proration_charge 1450");
        }

        async Task<string> PreviewAsync()
        {
            var change = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", """{"plan": "pro", "when": "now"}""");
            return BillingSandbox.Told(change["invoice"]);
        }
    }

    [Fact]
    public async Task A_written_off_and_then_voided_invoice_counts_once()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "enterprise"}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/mark-uncollectible", "{}");
        (await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/void", "{}")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        await sandbox.AdvanceAsync("2027-04-24T00:00:00Z");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now"}""");
        (await sandbox.InvoicesAsync("a"))[1..].ShouldBe(
            ["000002 change 1450 = proration_charge 1450", "000003 change 6300 = proration_credit -677, proration_charge 6977"]);
    }

    /// <summary>
    /// More was returned than is left when the invoice becomes uncollectible: nothing more is, until as much was billed again.
    /// </summary>
    [Fact]
    public async Task A_write_off_after_a_change_is_not_credited_again()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "enterprise"}""");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=a"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "pro", "when": "now"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/mark-uncollectible", "{}");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"quantity": 2}""");
        var change = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", """{"plan": "enterprise", "quantity": 1}""");
        BillingSandbox.Told(change["invoice"])
            .ShouldBe(
                "change 12050 = proration_credit -2900, proration_charge 14950",
                "With the invoice over 29.00 that is the price of half a month.");
    }

    /// <summary>
    /// Half off for ever. 15 days before the end: half of $149.50 less the unused half of $14.50 is $67.50. 23 days before: $114.61 −
    /// $11.11.
    /// </summary>
    [Theory]
    [InlineData("2027-04-16T00:00:00Z", "enterprise", "change 6750 = proration_credit -725, proration_charge 14950, discount -7475")]
    [InlineData("2027-04-08T00:00:00Z", "enterprise", "change 10350 = proration_credit -1111, proration_charge 22923, discount -11462")]
    public async Task A_percentage_coupon_is_on_both_sides_of_a_change_also_early(string at, string plan, string expected)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "HALF", "percent_off": 50, "duration": "forever"}""");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false, "coupon": "HALF"}""");
        await sandbox.AdvanceAsync(at);
        var change = await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/preview", $$"""{"plan": "{{plan}}", "when": "now"}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe(expected);
    }

    // 120 of 50,000 calls are used: nearly all is left, and half of the time.
    [Fact]
    public async Task A_credit_by_usage_knows_the_quota_that_was_agreed()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "a", "plan": "pro", "trial": false}""");
        await sandbox.Door.PutAsync("/v1/customers/a/overrides", """{"calls": {"quota": 50000}}""");
        await sandbox.UseAsync("a", "calls", 120);
        await sandbox.AdvanceAsync("2027-04-16T00:00:00Z");
        var change = await sandbox.Door.PatchAsync(
            $"/v1/subscriptions/{id}", """{"plan": "enterprise", "when": "now", "proration": "usage_aware", "preview": true}""");
        BillingSandbox.Told(change["invoice"]).ShouldBe("change 13500 = proration_credit -1450, proration_charge 14950");
    }
}
