using Npgsql;
using Tollgate.Engine.Ledger;
using Tollgate.Server.Tests.Customers;

namespace Tollgate.Server.Tests.Imports;

/// <summary>The cost of an import does not depend on what PostgreSQL knows of the project.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class ImportPlanTests(RunningServer running)
{
    private const int Customers = 3_000;

    /// <summary>As the second project that imports, before PostgreSQL analyses the table again.</summary>
    [Fact]
    public async Task A_project_that_the_statistics_do_not_know_finds_each_account_by_key()
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);

        // A table of the session hides the one that other tests fill.
        await RunAsync(connection, "CREATE TEMP TABLE customers (LIKE customers INCLUDING ALL)");
        await RunAsync(connection, AddCustomers(project: 1));
        await RunAsync(connection, "ANALYZE customers");
        await RunAsync(connection, AddCustomers(project: 2));
        await using var command = new NpgsqlCommand("EXPLAIN (ANALYZE, TIMING OFF) " + HistorySql.Accounts, connection)
        {
            Parameters =
            {
                new() { Value = 2 },
                new() { Value = Enumerable.Range(1, Customers).Select(static n => (short)(n % 64)).ToArray() },
                new() { Value = Enumerable.Range(1, Customers).Select(static n => "c" + n).ToArray() },
            },
        };
        List<string> plan = [];
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                plan.Add(reader.GetString(0));
            }
        }

        plan[0].ShouldContain($"rows={Customers} loops=1)");
        plan.Where(static line => line.Contains("Rows Removed by", StringComparison.Ordinal)).ShouldBeEmpty(string.Join('\n', plan));
        await RunAsync(connection, "DROP TABLE pg_temp.customers");
    }

    private static string AddCustomers(int project) =>
        $"""
        INSERT INTO customers (partition, account, project_id, id, created_at)
        SELECT n % 64, {project * 100_000} + n, {project}, 'c' || n, now() FROM generate_series(1, {Customers}) n
        """;

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
