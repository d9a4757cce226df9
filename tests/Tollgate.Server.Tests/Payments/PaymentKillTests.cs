using System.Net;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;
using static Tollgate.Server.Tests.Payments.PaymentSteps;

namespace Tollgate.Server.Tests.Payments;

/// <summary>A server is killed after the provider has taken the money, and before it has recorded that.</summary>
public sealed class PaymentKillTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    /// <summary>Makes the write of a payment's end wait until the test ends it.</summary>
    private const string HoldTheEnd =
        """
        CREATE FUNCTION hold_the_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
        CREATE TRIGGER hold_the_end BEFORE UPDATE OF status ON payments FOR EACH ROW EXECUTE FUNCTION hold_the_end();
        """;

    private const string LetGo =
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database();
        DROP TRIGGER hold_the_end ON payments;
        DROP FUNCTION hold_the_end();
        """;

    [Fact]
    public async Task The_money_that_a_killed_server_took_is_found_and_booked_once()
    {
        await using var server = await TestServer.StartAsync(
            database.ConnectionString, environment: new Dictionary<string, string> { ["TOLLGATE_PAYMENT_SECONDS"] = "1" });
        var admin = new Door(server.NewClient(server.AdminKey), null);
        var made = await admin.PostAsync(
            "/v1/projects",
            new JsonObject
            {
                ["code"] = "killed", ["name"] = "Killed", ["mode"] = "sandbox", ["catalog"] = BillingSandbox.Catalog,
            }.ToJsonString());
        var door = new Door(server.NewClient(made["secret_key"].GetValue<string>()), null);
        (await door.PostAsync("/v1/subscriptions", """{"customer": "acme", "plan": "pro", "trial": false}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        (await door.PostAsync("/v1/customers/acme/payment-methods", """{"token": "pm_sandbox_visa"}""")).Status.ShouldBe(
            HttpStatusCode.Created);
        var invoice = (await door.GetAsync("/v1/invoices"))["data"][0]!["id"]!.GetValue<string>();

        await database.Database.ExecuteAsync(HoldTheEnd);
        var cut = Record.ExceptionAsync(() => door.PostAsync("/v1/payments", Body(invoice)));
        await UntilAsync(async () =>
            await CountAsync("pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()") > 0);
        await server.Kill9Async();
        (await cut).ShouldNotBeNull("Nobody was answered.");
        (await CountAsync("payments WHERE status = 'pending'"), await CountAsync("sandbox_charges")).ShouldBe((1, 1),
            "The money has moved, and nothing says so.");
        await database.Database.ExecuteAsync(LetGo);
        await server.StartAgainAsync();

        await UntilAsync(async () => Word(await door.GetAsync("/v1/invoices/" + invoice), "status") == "paid");
        (await CountAsync("payments"), await CountAsync("sandbox_charges"),
            await CountAsync("payments WHERE status = 'succeeded' AND amount = 2900")).ShouldBe((1, 1, 1));
        (await CountAsync("customer_credits")).ShouldBe(0);
        var report = await admin.SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", "killed"));
        report["checks"].AsArray().ShouldAllBe(static check => check!["count"]!.GetValue<long>() == 0 || !check["break"]!.GetValue<bool>());
    }

    private Task<long> CountAsync(string what) => database.Database.ScalarAsync<long>("SELECT count(*) FROM " + what);
}
