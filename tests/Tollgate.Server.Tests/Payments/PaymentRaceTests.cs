using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Payments;

/// <summary>Two servers learn at the same moment that one pending payment succeeded.</summary>
public sealed class PaymentRaceTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Dictionary<string, string> Impatient = new() { ["TOLLGATE_PAYMENT_SECONDS"] = "1" };

    [Fact]
    public async Task Two_answers_at_once_settle_a_payment_once()
    {
        // No server queries the provider before the test allows it.
        await database.Database.ExecuteAsync("ALTER TABLE payments ALTER COLUMN asked_at SET DEFAULT now() + interval '1 hour'");
        await using var first = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        await using var second = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        var door = await ProjectAsync(first);
        await door.PostAsync("/v1/subscriptions", """{"customer": "acme", "plan": "pro", "trial": false}""");
        await door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_timeout"}""");
        var invoice = (await door.GetAsync("/v1/invoices?customer=acme"))["data"][0]!["id"]!.GetValue<string>();
        var pending = await door.PostAsync("/v1/payments", Body(invoice));
        Word(pending, "status").ShouldBe("pending", pending.Json!.ToJsonString());

        await using (var holder = await database.Source.OpenConnectionAsync())
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await using var hold = new Npgsql.NpgsqlCommand("SELECT 1 FROM customers WHERE id = 'acme' FOR UPDATE", holder);
            await hold.ExecuteNonQueryAsync();

            // Each reads the payment as pending, asks the provider, and waits for the customer with its answer.
            for (var waiting = 1; waiting <= 2; waiting++)
            {
                await database.Database.ExecuteAsync("UPDATE payments SET asked_at = now() - interval '1 hour'");
                await UntilAsync(async () => await database.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == waiting);
            }

            await transaction.RollbackAsync();
        }

        await UntilAsync(async () => Word(await door.GetAsync("/v1/payments/" + Word(pending, "id")), "status") == "succeeded");
        await UntilAsync(async () => await database.Database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'") == 0);
        (await door.GetAsync("/v1/invoices/" + invoice))["amount_paid"].GetValue<long>().ShouldBe(2900);
        (await door.GetAsync("/v1/customers/acme/credits"))["balances"].AsArray()
            .ShouldBeEmpty("The second answer must not become the customer's credit.");
        (await database.Database.ScalarAsync<long>("SELECT count(*) FROM payment_facts WHERE verb = 'succeed'")).ShouldBe(1);
    }

    private static async Task<Door> ProjectAsync(TestServer server)
    {
        var body = new JsonObject { ["code"] = "race", ["name"] = "Race", ["mode"] = "sandbox", ["catalog"] = BillingSandbox.Catalog };
        var made = await new Door(server.NewClient(server.AdminKey), null).PostAsync("/v1/projects", body.ToJsonString());
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        return new(server.NewClient(made["secret_key"].GetValue<string>()), null);
    }
}
