using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Inbox;

/// <summary>
/// Three servers read a provider's events, each sent four times and in disorder with forgeries, and one server is killed.
/// </summary>
public sealed class InboxRaceTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Customers = 40;

    private static readonly Dictionary<string, string> Impatient = new() { ["TOLLGATE_PAYMENT_SECONDS"] = "1" };

    [Fact]
    public async Task Many_servers_apply_an_event_once_also_when_one_of_them_dies()
    {
        await using var first = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        await using var second = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        await using var third = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        var door = await ProjectAsync(first);
        var payments = new string[Customers];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Customers), new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (n, _) => payments[n] = await PaidAsync(door, n));
        await HoldReadersAsync(async () =>
        {
            await door.PostAsync("/v1/sandbox/webhook-behavior", """{"copies": 4, "shuffle": true, "tamper": true}""");
            foreach (var payment in payments)
            {
                await HappenAsync(door, "refund.succeeded", payment, 900);
                await HappenAsync(door, "dispute.opened", payment, 1500);
                await HappenAsync(door, "dispute.lost", payment, 1500);
            }
        });

        await UntilAsync(async () => await ScalarAsync("SELECT count(*) FROM provider_events WHERE state = 'done'") > Customers / 2);
        await third.Kill9Async();

        // The killed server's claims are free after five minutes; the test does not wait for that.
        await ScalarAsync(
            "WITH free AS (UPDATE provider_events SET due_at = now() WHERE state = 'waiting' RETURNING 1) SELECT count(*) FROM free");
        await UntilAsync(
            async () => await ScalarAsync("SELECT count(*) FROM disputes WHERE status = 'lost'") == Customers
                && await ScalarAsync("SELECT count(*) FROM refunds") == Customers);
        await UntilAsync(async () => await ScalarAsync("SELECT count(*) FROM provider_events WHERE state = 'waiting'")
            + await ScalarAsync("SELECT count(*) FROM sandbox_webhooks") == 0);

        (await ScalarAsync("SELECT count(*) FROM payments WHERE refunded = 900 AND status = 'succeeded'")).ShouldBe(Customers);
        (await ScalarAsync("SELECT count(*) FROM disputes")).ShouldBe(Customers);
        (await ScalarAsync("SELECT count(*) FROM credit_notes")).ShouldBe(Customers);
        (await ScalarAsync("SELECT count(*) FROM payment_facts WHERE verb IN ('refund_succeed', 'dispute_lost')")).ShouldBe(2 * Customers);
        (await ScalarAsync("SELECT count(*) FROM provider_events WHERE state <> 'done'")).ShouldBe(0);
        var report = await new Door(first.NewClient(first.AdminKey), null).SendAsync(HttpMethod.Post, "/v1/verify", null,
            ("X-Project", "race"));
        report["checks"].AsArray().Where(static one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .ShouldBeEmpty();
    }

    /// <returns>The payment.</returns>
    private static async Task<string> PaidAsync(Door door, int n)
    {
        await door.PostAsync("/v1/customers", $$"""{"id": "c{{n}}"}""");
        await door.PostAsync($"/v1/customers/c{n}/payment-methods", """{"token": "pm_sandbox_visa"}""");
        var made = await door.PostAsync("/v1/subscriptions", $$"""{"customer": "c{{n}}", "plan": "pro", "trial": false}""");
        made.Status.ShouldBe(HttpStatusCode.Created, made.Json?.ToJsonString());
        var invoice = (await door.GetAsync($"/v1/invoices?customer=c{n}"))["data"][0]!["id"]!.GetValue<string>();
        var paid = await door.PostAsync("/v1/payments", $$"""{"invoice": "{{invoice}}"}""");
        paid["status"].GetValue<string>().ShouldBe("succeeded", paid.Json!.ToJsonString());
        return paid["id"].GetValue<string>();
    }

    private static async Task HappenAsync(Door door, string type, string payment, long amount) =>
        (await door.PostAsync(
            "/v1/sandbox/events", $$"""{"type": "{{type}}", "payment": "{{payment}}", "amount": {{amount}}}""")).Status.ShouldBe(
            HttpStatusCode.NoContent);

    /// <summary>Blocks the readers meanwhile, so that all events are there to be read together.</summary>
    private async Task HoldReadersAsync(Func<Task> act)
    {
        await using var holder = await database.Source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("LOCK TABLE provider_events IN SHARE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        await act();
        await transaction.RollbackAsync();
    }

    private static async Task<Door> ProjectAsync(TestServer server)
    {
        var body =
            new JsonObject
            {
                ["code"] = "race", ["name"] = "Race", ["mode"] = "sandbox", ["catalog"] = Subscriptions.BillingSandbox.Catalog,
            };
        var made = await new Door(server.NewClient(server.AdminKey), null).PostAsync("/v1/projects", body.ToJsonString());
        return new(server.NewClient(made["secret_key"].GetValue<string>()), null);
    }

    private Task<long> ScalarAsync(string sql) => database.Database.ScalarAsync<long>(sql);
}
