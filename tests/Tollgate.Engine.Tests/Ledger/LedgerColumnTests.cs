using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>
/// The ledger's batches read columns by position. Each constant is named as the column that PostgreSQL has at its position, in each
/// statement that is read with it.
/// </summary>
public sealed partial class LedgerColumnTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly Assembly Engine = typeof(RowReader).Assembly;

    private TestDatabase? _database;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    public static TheoryData<string, string> Statements => new()
    {
        { "CustomerColumn", "LoadCustomers" }, { "CustomerColumn", "LockCustomers" },
        { "BalanceColumn", "LoadBalances" }, { "BalanceColumn", "LockBalances" },
        { "BalanceColumn", "LoadBalancesByKey" }, { "BalanceColumn", "LockBalancesByKey" },
        { "BalanceColumn", "LoadHistory" }, { "BalanceColumn", "LockHistory" },
        { "GrantColumn", "LoadGrants" }, { "GrantColumn", "LoadGrantsSince" },
        { "GrantColumn", "LoadGrantsByKey" }, { "GrantColumn", "LoadRolloversSince" },
        { "HoldColumn", "LoadHolds" }, { "HoldColumn", "LoadHoldsByKey" },
        { "HoldColumn", "Hold" }, { "RateColumn", "LoadRates" },
        { "EventColumn", "LoadEvents" }, { "EventColumn", "Event" },
        { "EventColumn", "EventsOfCustomer" }, { "EventColumn", "EventsOfProject" },
    };

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Each_position_has_the_column_of_its_name(string columns, string statement)
    {
        var found = await ColumnsOfAsync(StatementOf(statement));
        var declared = Engine.GetType($"Tollgate.Engine.Ledger.{columns}")!
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(
                static field => JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name), static field => (int)field.GetValue(null)!);

        // A list of events has the customer's id behind the columns of an event.
        var expected = declared.Where(one => one.Value < found.Count).OrderBy(static one => one.Value).Select(static one => one.Key);
        found.ShouldBe(expected);
        found.Count.ShouldBeGreaterThanOrEqualTo(declared.Count - (columns == "EventColumn" ? 1 : 0));
    }

    private static string StatementOf(string name) => (string)new[] { "Ledger.LedgerSql", "Metering.MeteringSql" }
        .Select(type => Engine.GetType($"Tollgate.Engine.{type}")!.GetField(name, BindingFlags.Public | BindingFlags.Static))
        .OfType<FieldInfo>().Single().GetRawConstantValue()!;

    /// <summary>PostgreSQL describes the statement and runs nothing.</summary>
    private async Task<IReadOnlyList<string>> ColumnsOfAsync(string sql)
    {
        await using var command = _database!.Source.CreateCommand(sql);
        var parameters = Parameter().Matches(sql).Max(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        for (var i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = DBNull.Value });
        }

        await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SchemaOnly);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
    }

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();
}
