using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Dunning;

/// <summary>Three servers collect at the same time, and one of them is killed.</summary>
public sealed class DunningRaceTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Customers = 60;

    private static readonly Dictionary<string, string> Impatient = new() { ["TOLLGATE_PAYMENT_SECONDS"] = "1" };

    [Fact]
    public async Task Many_servers_make_each_attempt_once()
    {
        await using var first = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        await using var second = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        await using var third = await TestServer.StartAsync(database.ConnectionString, environment: Impatient);
        var door = await ProjectAsync(first);
        await Parallel.ForEachAsync(Enumerable.Range(0, Customers), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, _) =>
        {
            // Every fifth answer is lost, and every seventh card pays nothing.
            var card = n % 5 == 0 ? "pm_sandbox_timeout" : n % 7 == 0 ? "pm_sandbox_declined" : "pm_sandbox_visa";
            await door.PostAsync("/v1/customers", $$"""{"id": "c{{n}}", "email": "c{{n}}@acme.example"}""");
            (await door.PostAsync($"/v1/customers/c{n}/payment-methods", $$"""{"token": "{{card}}"}""")).Status.ShouldBe(
                HttpStatusCode.Created);
            (await door.PostAsync("/v1/subscriptions", $$"""{"customer": "c{{n}}", "plan": "pro", "trial": false}""")).Status.ShouldBe(
                HttpStatusCode.Created);
        });
        var declined = Enumerable.Range(0, Customers).Count(static n => n % 5 != 0 && n % 7 == 0);

        await ScalarAsync("WITH due AS (UPDATE collections SET collect_at = began_at RETURNING 1) SELECT count(*) FROM due");
        await UntilAsync(async () => await ScalarAsync("SELECT count(*) FROM payments") > Customers / 10);
        await third.Kill9Async();

        // The killed server's claims are free after a minute; the test does not wait for that.
        await ScalarAsync(
            "WITH free AS (UPDATE collections SET taken_at = taken_at - interval '2 minutes' WHERE taken_at IS NOT NULL RETURNING 1) "
                + "SELECT count(*) FROM free");
        await UntilAsync(async () =>
            await ScalarAsync("SELECT count(*) FROM collections WHERE state = 'paid' OR failures = 1") == Customers);

        (await ScalarAsync("SELECT count(*) FROM payments")).ShouldBe(Customers);
        (await ScalarAsync("SELECT count(*) FROM sandbox_charges")).ShouldBe(Customers);
        (await ScalarAsync("SELECT count(*) FROM invoices WHERE status = 'paid'")).ShouldBe(Customers - declined);
        (await ScalarAsync("SELECT count(*) FROM subscriptions WHERE status = 'past_due'")).ShouldBe(declined);
        (await ScalarAsync("SELECT count(*) FROM collection_facts")).ShouldBe(Customers);

        // The killed server's mails are free when their leases end.
        await ScalarAsync(
            "WITH free AS (UPDATE mails SET due_at = now() WHERE leased_until IS NOT NULL RETURNING 1) SELECT count(*) FROM free");
        await UntilAsync(async () => await ScalarAsync("SELECT count(*) FROM mails WHERE state = 'sent'") == Customers);
        (await ScalarAsync("SELECT count(*) FROM mails")).ShouldBe(Customers, "Each of them hears once how it went.");
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
