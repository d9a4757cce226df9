using System.Diagnostics;
using System.Net;
using Npgsql;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Customers;

/// <summary>Changes of one customer wait for each other, and no other customer waits for them.</summary>
[Collection(RunningServerTests.Others)]
public sealed class CrowdTests(RunningServer running)
{
    /// <summary>Several times the number of the server's connections.</summary>
    private const int Crowd = 80;

    [Fact]
    public async Task A_crowd_at_one_customer_keeps_nobody_else_waiting()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2030-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "crowded"}""");
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand(
            "SELECT c.account FROM customers c JOIN projects p ON p.id = c.project_id WHERE p.code = $1 AND c.id = 'crowded' FOR UPDATE OF c",
            connection, transaction))
        {
            hold.Parameters.Add(new() { Value = sandbox.Code });
            (await hold.ExecuteScalarAsync()).ShouldNotBeNull();
        }

        var crowd = Enumerable.Range(0, Crowd)
            .Select(_ => sandbox.Door.PostAsync("/v1/customers/crowded/credits", """{"kind": "prepaid", "amount": 100}""")).ToList();
        await Task.Delay(TimeSpan.FromSeconds(1));
        var watch = Stopwatch.StartNew();
        var others = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => running.DoorOf("alwrity").GetAsync("/v1/payments")));
        watch.Stop();
        await transaction.RollbackAsync();
        var answers = await Task.WhenAll(crowd);

        others.ShouldAllBe(static answer => answer.Status == HttpStatusCode.OK);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10), "They are answered while the crowd waits.");
        answers.ShouldAllBe(static answer => answer.Status == HttpStatusCode.Created);
        (await sandbox.Door.GetAsync("/v1/customers/crowded/credits"))["balances"][0]!["amount"]!.GetValue<long>().ShouldBe(100 * Crowd);
    }

    [Fact]
    public async Task A_change_that_waits_too_long_fails_because_the_customer_is_busy()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2030-01-01T00:00:00Z");
        await sandbox.Door.PostAsync("/v1/customers", """{"id": "busy"}""");
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand(
            "SELECT c.account FROM customers c JOIN projects p ON p.id = c.project_id WHERE p.code = $1 AND c.id = 'busy' FOR UPDATE OF c",
            connection, transaction))
        {
            hold.Parameters.Add(new() { Value = sandbox.Code });
            (await hold.ExecuteScalarAsync()).ShouldNotBeNull();
        }

        // The first waits for the row, as behind another server; the second for the first.
        var answers = await Task.WhenAll(Enumerable.Range(0, 2)
            .Select(_ => sandbox.Door.PostAsync("/v1/customers/busy/credits", """{"kind": "prepaid", "amount": 100}""")));

        answers.ShouldAllBe(static answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        answers.Select(static answer => answer["code"].GetValue<string>()).ShouldAllBe(static code => code == "customer_busy");
        answers.ShouldAllBe(static answer => answer.Message.Headers.RetryAfter != null);
        await transaction.RollbackAsync();
        (await sandbox.Door.PostAsync("/v1/customers/busy/credits", """{"kind": "prepaid", "amount": 100}""")).Status.ShouldBe(
            HttpStatusCode.Created);
    }
}
