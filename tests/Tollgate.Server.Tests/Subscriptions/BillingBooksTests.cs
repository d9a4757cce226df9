using System.Net;
using System.Text;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Subscriptions;

/// <summary>
/// Verify checks the tables of billing against their facts, and finds a table that was tampered with. Each test has its own database.
/// </summary>
public sealed class BillingBooksTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly RunningServer _running = new(postgres);

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    [Fact]
    public async Task A_year_of_everything_verifies_clean_and_each_tampering_is_found()
    {
        var sandbox = await YearAsync();
        (await sandbox.Door.GetAsync("/v1/analytics/margins")).Status.ShouldBe(HttpStatusCode.OK, "It folds the revenue of all invoices.");
        (await FoundAsync(sandbox)).ShouldBeEmpty();
        (string Kind, string Sql)[] tamperings =
        [
            // Before the others: a restored invoice waits for the next fold, and the check leaves it out.
            ("revenue_lines", "UPDATE revenue_lines SET earned = earned + 1"),
            ("revenue_days", "UPDATE revenue_days SET change = change + 0.000000001"),
            ("invoice_sums", "UPDATE invoice_lines SET amount = amount + 1 WHERE kind = 'proration_charge'"),
            ("rates", "UPDATE invoice_lines SET amount = amount + 1 WHERE kind = 'subscription' AND position = 1"),
            ("invoice_states", "UPDATE invoices SET status = 'open', paid = from_credits WHERE status = 'paid' AND paid > from_credits"),
            ("invoice_numbers", "UPDATE invoices SET serial = serial + 100 WHERE serial = (SELECT max(serial) FROM invoices)"),
            ("periods",
                "UPDATE subscription_facts SET after = jsonb_set(after, '{period_start}', '\"2027-02-27T00:00:00Z\"') WHERE verb = 'renew' "
                    + "AND after ->> 'period_start' LIKE '2027-02-28%'"),
            ("unbilled", "UPDATE subscription_facts SET invoice = NULL WHERE verb = 'renew'"),
            ("timelines", "UPDATE subscriptions SET version = version + 1"),
            ("mrr_movements", "UPDATE mrr_movements SET year_before = year_before + 12 WHERE year_before > 0"),
            ("mrr_movements", "UPDATE mrr_movements SET year_after = year_after + 1200000 WHERE year_after > 0"),
            ("rated_quantities", "UPDATE rated_usage SET quantity = quantity + 1"),
            ("rated_lines", "UPDATE rated_usage SET amount = amount + 1"),
            ("rated_lines", "UPDATE rated_usage SET period_start = period_start + interval '1 second'"),
            ("late_changes", "UPDATE balances SET used = used + 1, version = version + 1 WHERE period_end < '2027-04-01'"),
            ("credits", "UPDATE customer_credits SET amount = -amount WHERE amount > 0"),
            ("coupons", "UPDATE coupons SET redemptions = redemptions + 1"),
            ("redemptions", "UPDATE redemptions SET remaining = remaining + 1 WHERE remaining < amount"),
            ("redemptions", "UPDATE redemptions SET used = used + 1 WHERE amount IS NULL"),
            ("redemptions", "UPDATE redemptions SET spent = true WHERE amount IS NULL"),
            ("credits", "UPDATE customer_credits SET amount = amount + 1 WHERE cause = 'invoice'"),
            ("credits", "UPDATE customer_credits SET cause = 'manual' WHERE cause = 'invoice'"),
        ];
        foreach (var (kind, sql) in tamperings)
        {
            await using var connection = new NpgsqlConnection(_running.ConnectionString);
            await connection.OpenAsync();
            var tables = sql.StartsWith("UPDATE subscription_facts", StringComparison.Ordinal) ? "subscription_facts" : sql.Split(' ')[1];
            await ExecuteAsync(connection, $"CREATE TABLE kept AS TABLE {tables}");
            (await ExecuteAsync(connection, sql)).ShouldBeGreaterThan(0, sql);
            (await FoundAsync(sandbox)).ShouldContain(kind, sql);
            await RestoreAsync(connection, tables);
        }

        (await FoundAsync(sandbox)).ShouldBeEmpty("The tampered value is restored.");
    }

    [Fact]
    public async Task After_the_clock_moves_forward_expired_reservations_are_not_held()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        var taken = await sandbox.Door.PostAsync(
            "/v1/reservations", """{"customer": "acme", "feature": "calls", "amount": 3, "ttl_seconds": 60, "id": "hold-1"}""");
        taken["held"].GetValue<decimal>().ShouldBe(3, taken.Json?.ToJsonString());

        await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");

        await using var connection = new NpgsqlConnection(_running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT state FROM holds", connection);
        (await command.ExecuteScalarAsync()).ShouldBe("expired");
        (await FoundAsync(sandbox)).ShouldBeEmpty();
    }

    /// <summary>
    /// More subscriptions than two batches hold, some of which end, so that quotas change; and a caller that reports usage of many
    /// customers together, which waits for customers of one batch while it holds balances of another.
    /// </summary>
    [Fact]
    public async Task A_run_of_several_batches_in_which_some_end_keeps_nobody_from_reporting_usage()
    {
        const int Subscriptions = 1_100;
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-01T00:00:00Z");
        await Parallel.ForAsync(0, Subscriptions, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) =>
        {
            var id = await sandbox.SubscribeAsync($$"""{"customer": "c{{n}}", "plan": "pro", "trial": false}""");
            if (n % 20 == 0)
            {
                (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel")).Status.ShouldBe(HttpStatusCode.OK);
            }
        });
        using var over = new CancellationTokenSource();
        var reporting = Task.Run(async () =>
        {
            var (random, refused) = (new Random(7), new List<HttpStatusCode>());
            while (!over.IsCancellationRequested)
            {
                var events = Enumerable.Range(0, 50)
                    .Select(_ =>
                        $$"""{"id": "{{Guid.CreateVersion7()}}", "customer": "c{{random.Next(Subscriptions)}}", "type": "calls"}""");
                var came = await sandbox.Door.PostAsync("/v1/events", $"[{string.Join(',', events)}]");
                if (came.Status != HttpStatusCode.OK)
                {
                    refused.Add(came.Status);
                }
            }

            return refused;
        });

        var done = await sandbox.AdvanceAsync("2027-02-01T00:00:00Z");
        await over.CancelAsync();

        (await reporting).ShouldBeEmpty();
        (done["processed"]["invoices"]!.GetValue<int>(),
            done["processed"]["canceled"]!.GetValue<int>()).ShouldBe((Subscriptions - (Subscriptions / 20), Subscriptions / 20));
    }

    /// <summary>Upgrade, overage, late usage, coupons, a gift, tax, credit note, credits, pause, cancellation.</summary>
    private async Task<BillingSandbox> YearAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(_running, "2027-01-31T00:00:00Z");
        await sandbox.Door.PutAsync("/v1/tax-rates", """{"rates": [{"country": "DE", "name": "VAT", "percent": 19}]}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "TEN", "percent_off": 10, "duration": "forever"}""");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "acme", "country": "DE"}""");
        var acme = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false, "coupon": "TEN"}""");
        var down = await sandbox.SubscribeAsync("""{"customer": "down", "plan": "enterprise"}""");
        await sandbox.Door.PostAsync("/v1/coupons", """{"code": "CARRY", "amount_off": 100000, "carry_over": true}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{acme}/coupons", """{"code": "CARRY"}""");
        await sandbox.Door.PostAsync("/v1/customers/acme/credits", """{"amount": 777, "kind": "promotional"}""");
        await sandbox.AdvanceAsync("2027-02-14T00:00:00Z");
        await sandbox.UseAsync("acme", "calls", 1_500);
        await sandbox.UseAsync("down", "calls", 1_100);
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{acme}", """{"plan": "enterprise"}""");
        await sandbox.Door.PatchAsync($"/v1/subscriptions/{down}", """{"plan": "pro", "when": "now"}""");
        await sandbox.AdvanceAsync("2027-03-02T00:00:00Z");
        await sandbox.UseAsync("acme", "calls", 7, "2027-02-20T00:00:00Z");
        await sandbox.AdvanceAsync("2027-05-02T00:00:00Z");
        var invoice = (await sandbox.Door.GetAsync("/v1/invoices?customer=acme&order=asc"))["data"][0]!["id"]!.GetValue<string>();
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/credit-notes", """{"amount": 100, "reason": "outage"}""");
        await sandbox.Door.PostAsync($"/v1/invoices/{invoice}/pay");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{down}/pause", """{"until": "2027-07-01T00:00:00Z"}""");
        await sandbox.Door.PostAsync($"/v1/subscriptions/{acme}/cancel", """{"reason": "done"}""");
        await sandbox.AdvanceAsync("2028-01-31T00:00:00Z");
        return sandbox;
    }

    private async Task<string[]> FoundAsync(BillingSandbox sandbox)
    {
        var report = await _running.DoorWith(_running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report.Status.ShouldBe(HttpStatusCode.OK, report.Json?.ToJsonString());
        return [.. report["checks"].AsArray().Where(one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(one => one!["kind"]!.GetValue<string>())];
    }

    private static async Task RestoreAsync(NpgsqlConnection connection, string table)
    {
        var generated = table is "customer_credits" or "redemptions" ? "OVERRIDING SYSTEM VALUE " : "";
        await ExecuteAsync(connection,
            table == "coupons"
                ? "UPDATE coupons SET redemptions = kept.redemptions FROM kept WHERE kept.code = coupons.code"
                : $"DELETE FROM {table}; INSERT INTO {table} {generated}SELECT * FROM kept");
        await ExecuteAsync(connection, "DROP TABLE kept");
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync();
    }
}
