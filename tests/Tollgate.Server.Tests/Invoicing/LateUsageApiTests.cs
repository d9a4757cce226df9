using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary><c>late_events: ignore_and_report</c> over HTTP: not billed, but listed and verified.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class LateUsageApiTests(RunningServer running)
{
    private static readonly string Ignoring = BillingSandbox.Catalog.Replace(
        "{ code: calls, name: Calls, unit: call }",
        "{ code: calls, name: Calls, unit: call, meters: [{ event_type: calls, late_events: ignore_and_report }] }",
        StringComparison.Ordinal);

    [Fact]
    public async Task Ignored_late_usage_is_listed_in_pages_and_as_a_file_and_verifies()
    {
        var sandbox = await LateAsync();
        var list = await sandbox.Door.GetAsync("/v1/billing/late-usage");
        list.Status.ShouldBe(HttpStatusCode.OK);
        list["data"].AsArray()
            .Select(static row =>
                $"{row!["customer"]} {row["quantity"]} {row["amount"]} {row["currency"]} {row["period_start"]} {row["period_end"]}")
                .ShouldBe(
        [
            "one 7 14 USD 2027-04-01T00:00:00Z 2027-05-01T00:00:00Z", "one 30 60 USD 2027-03-01T00:00:00Z 2027-04-01T00:00:00Z",
            "two 5 15 JPY 2027-03-01T00:00:00Z 2027-04-01T00:00:00Z",
        ]);
        list["data"].AsArray().ShouldAllBe(static row => row!["feature"]!.GetValue<string>() == "calls");

        var paged = new List<string>();
        for (var (more, after) = (true, ""); more;)
        {
            var page = await sandbox.Door.GetAsync($"/v1/billing/late-usage?limit=1{after}");
            paged.AddRange(page["data"].AsArray().Select(static row => row!["id"]!.GetValue<string>()));
            (more, after) = (page["has_more"].GetValue<bool>(), $"&starting_after={paged[^1]}");
        }

        paged.ShouldBe(list["data"].AsArray().Select(static row => row!["id"]!.GetValue<string>()));
        var file = await sandbox.FetchAsync("/v1/billing/late-usage.csv");
        (await file.Content.ReadAsStringAsync()).ShouldBe(
            """
            customer,feature,period_start,period_end,quantity,amount_minor,amount,currency
            one,calls,2027-04-01T00:00:00Z,2027-05-01T00:00:00Z,7,14,0.14,USD
            one,calls,2027-03-01T00:00:00Z,2027-04-01T00:00:00Z,30,60,0.60,USD
            two,calls,2027-03-01T00:00:00Z,2027-04-01T00:00:00Z,5,15,15,JPY

            """.ReplaceLineEndings("\r\n"));
        (await BrokenAsync(sandbox)).ShouldBeEmpty();

        var other = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await other.Door.GetAsync("/v1/billing/late-usage"))["data"].AsArray().ShouldBeEmpty();
        (await other.Door.GetAsync($"/v1/billing/late-usage?starting_after={paged[0]}"))["data"].AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ignored_quantity = ignored_quantity + 1", "rated_quantities")]
    [InlineData("ignored_amount = ignored_amount + 1", "rates")]
    public async Task A_tampered_row_is_found(string change, string kind)
    {
        var sandbox = await LateAsync();
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var tamper = new NpgsqlCommand(
            $"""
            UPDATE rated_usage r SET {change}
              FROM customers c JOIN projects p ON p.id = c.project_id
             WHERE c.partition = r.partition AND c.account = r.account AND p.code = '{sandbox.Code}' AND c.id = 'two'
            """,
            connection);
        (await tamper.ExecuteNonQueryAsync()).ShouldBe(1);
        (await BrokenAsync(sandbox)).ShouldContain(kind);
    }

    [Theory]
    [InlineData("starting_after=here")]
    [InlineData("starting_after=1-2")]
    [InlineData("starting_after=-1-2-3")]
    [InlineData("starting_after=99999999999999999999-2-3")]
    [InlineData("starting_after=1-99999999999-3")]
    [InlineData("limit=0")]
    public async Task A_place_that_is_none_is_refused(string query)
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await sandbox.Door.GetAsync($"/v1/billing/late-usage?{query}")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    /// <summary>Two customers, in dollars and in yen; 50 and 0 calls beyond the 100 of March were in time.</summary>
    private async Task<BillingSandbox> LateAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-01T00:00:00Z", Ignoring);
        await sandbox.SubscribeAsync("""{"customer": "one", "plan": "pro", "trial": false}""");
        await sandbox.SubscribeAsync("""{"customer": "two", "plan": "pro", "trial": false, "currency": "JPY"}""");
        await sandbox.UseAsync("one", "calls", 150);
        await sandbox.UseAsync("two", "calls", 100);
        await sandbox.AdvanceAsync("2027-04-02T00:00:00Z");
        await sandbox.UseAsync("one", "calls", 30, "2027-03-31T23:00:00Z");
        await sandbox.UseAsync("two", "calls", 5, "2027-03-31T23:00:00Z");
        await sandbox.UseAsync("one", "calls", 100);
        await sandbox.AdvanceAsync("2027-05-02T00:00:00Z");
        await sandbox.UseAsync("one", "calls", 7, "2027-04-30T23:00:00Z");
        await sandbox.AdvanceAsync("2027-06-02T00:00:00Z");
        (await sandbox.InvoicesAsync("one")).Select(static line => line[7..]).ShouldBe(
            ["start 2900 = subscription 2900", "renewal 3000 = subscription 2900, usage 100", "renewal 2900 = subscription 2900",
                "renewal 2900 = subscription 2900"]);
        return sandbox;
    }

    private async Task<string[]> BrokenAsync(BillingSandbox sandbox)
    {
        var report = await running.DoorWith(running.Server.AdminKey)
            .SendAsync(HttpMethod.Post, "/v1/verify", null, ("X-Project", sandbox.Code));
        report.Status.ShouldBe(HttpStatusCode.OK, report.Json?.ToJsonString());
        return [.. report["checks"].AsArray().Where(one => one!["count"]!.GetValue<long>() > 0 && one["break"]!.GetValue<bool>())
            .Select(one => one!["kind"]!.GetValue<string>())];
    }
}
