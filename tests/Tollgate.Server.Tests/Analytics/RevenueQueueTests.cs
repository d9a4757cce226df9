using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Changes queue the invoices whose revenue they change: all of these, and no others.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class RevenueQueueTests(RunningServer running)
{
    [Fact]
    public async Task A_change_of_plan_queues_the_invoices_whose_plan_changes()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-01-01T00:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.AdvanceAsync("2027-04-10T00:00:00Z");
        (await QueuedAsync(id, "2027-03-10T00:00:00Z", "enterprise")).ShouldBe((1, 1), "April, and no earlier month.");
        (await QueuedAsync(id, "2027-04-10T00:00:00Z", "enterprise")).ShouldBe((0, 0), "No month begins after it.");

        (await sandbox.Door.PatchAsync($"/v1/subscriptions/{id}", """{"plan": "enterprise"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await QueuedAsync(id, "2027-04-10T00:00:00Z", "enterprise")).ShouldBe((0, 0), "The plan is the same.");
        (await QueuedAsync(id, "2027-02-10T00:00:00Z", "enterprise")).ShouldBe(
            (3, 3), "The step takes effect before the one that changed the plan: March, April, and the credit for the rest of April.");
    }

    [Fact]
    public async Task A_dispute_that_is_lost_while_its_payment_gets_its_invoice_queues_it()
    {
        var (sandbox, invoice) = await PaymentSteps.OwingAsync(running, "pm_sandbox_visa");
        var payment = Guid.Parse(PaymentSteps.Word(await PaymentSteps.ChargeAsync(sandbox, invoice), "id"));
        await using var paying = await ConnectAsync();
        await using var losing = await ConnectAsync();
        await RunAsync(paying, $"UPDATE payments SET invoice = NULL, checkout = gen_random_uuid() WHERE id = '{payment}'");
        await RunAsync(paying, "BEGIN");
        await RunAsync(paying, $"UPDATE payments SET invoice = '{invoice}', checkout = NULL WHERE id = '{payment}'");
        await RunAsync(losing, "BEGIN");
        var lost = RunAsync(
            losing,
            $"""
            INSERT INTO disputes (partition, account, payment, reference, project_id, amount, status, opened_at, closed_at)
            SELECT partition, account, id, 'dp', project_id, 100, 'lost', created_at, created_at FROM payments WHERE id = '{payment}'
            """);
        await Task.WhenAny(lost, Task.Delay(500, TestContext.Current.CancellationToken));
        await RunAsync(paying, "COMMIT");
        await lost;

        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM revenue_queue q WHERE q.invoice = '{invoice}' AND q.xmin = pg_current_xact_id()::xid", losing);
        (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(
            1L, "A fold between the two commits does not see the dispute.");
        await RunAsync(losing, "ROLLBACK");
    }

    /// <summary>Writes a step and takes it back.</summary>
    /// <returns>The invoices that it queues, and those whose revenue it changes.</returns>
    private async Task<(long Queued, long Changed)> QueuedAsync(string subscription, string at, string plan)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var facts = $"SELECT g.* FROM revenue_facts g JOIN invoices i ON i.id = g.invoice WHERE i.subscription = '{subscription}'";
        await RunAsync(connection, $"CREATE TEMPORARY TABLE before ON COMMIT DROP AS {facts}");
        await RunAsync(
            connection,
            $$"""
            INSERT INTO subscription_facts (partition, account, subscription, sequence, verb, at, actor, after)
            SELECT partition, account, subscription, sequence + 1, verb, '{{at}}', actor, jsonb_set(after, '{plan}', '"{{plan}}"')
              FROM subscription_facts WHERE subscription = '{{subscription}}' ORDER BY sequence DESC LIMIT 1
            """);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT (SELECT count(DISTINCT q.invoice) FROM revenue_queue q WHERE q.xmin = pg_current_xact_id()::xid),
                   (SELECT count(DISTINCT c.invoice) FROM ({facts} EXCEPT SELECT * FROM before) c)
            """, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
