using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

/// <summary>
/// PostgreSQL stores times and numbers that .NET cannot read. A row with one would fail in each statement that reads it, and loops read the
/// rows of all projects in one statement: so PostgreSQL itself refuses such values, in every column of every table.
/// </summary>
public sealed class PossibleValuesTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly string[] Times = ["'infinity'", "'-infinity'", "'10000-01-01Z'", "'0001-12-31Z BC'"];
    private static readonly string[] Days = ["'infinity'", "'-infinity'", "'10000-01-01'"];
    private static readonly string[] Numbers = ["'NaN'", "'Infinity'", "'-Infinity'"];

    [Fact]
    public async Task No_column_takes_a_time_or_a_number_that_the_server_cannot_read()
    {
        var (columns, accepted) = (await ColumnsAsync(), new List<string>());
        columns.Count.ShouldBeGreaterThan(200, "The test would judge nothing.");
        await using var connection = await database.Database.Source.OpenConnectionAsync();
        foreach (var table in columns.GroupBy(static one => one.Table))
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await ExecuteAsync(connection, ProbeOf(table.Key));
            foreach (var (_, column, type) in table)
            {
                foreach (var value in ValuesOf(type))
                {
                    if (!await IsRefusedAsync(connection, table.Key, column, value))
                    {
                        accepted.Add($"{table.Key}.{column} accepts {value}");
                    }
                }
            }
        }

        accepted.ShouldBeEmpty(
            $"A migration that adds a table or a column calls allow_possible_values for it:\n{string.Join('\n', accepted)}");
    }

    [Fact]
    public async Task A_table_that_already_has_such_a_row_keeps_it_and_stops_no_upgrade()
    {
        await database.Database.ExecuteAsync("""
            CREATE TABLE old (id integer, at timestamptz);
            INSERT INTO old VALUES (1, 'infinity');
            SELECT allow_possible_values('old');
            INSERT INTO old VALUES (2, 'infinity');
            DELETE FROM old;
            SELECT allow_possible_values('old');
            """);
        (await Should.ThrowAsync<PostgresException>(() => database.Database.ExecuteAsync("INSERT INTO old VALUES (3, 'infinity')")))
            .ConstraintName.ShouldBe("old_possible");
        await database.Database.ExecuteAsync("INSERT INTO old VALUES (3, now()); DROP TABLE old");
    }

    private static string[] ValuesOf(string type) => type switch
    {
        "timestamp with time zone" => Times,
        "date" => Days,
        "numeric" => Numbers,
        "timestamp with time zone[]" => [.. Times.Select(static time => $"ARRAY[now(), {time}]::timestamptz[]")],
        _ => [.. Numbers.Select(static number => $"ARRAY[1, {number}]::numeric[]")],
    };

    private async Task<IReadOnlyList<(string Table, string Column, string Type)>> ColumnsAsync()
    {
        await using var command = database.Database.Source.CreateCommand("""
            SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)
              FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND format_type(a.atttypid, NULL) IN ('timestamp with time zone', 'date', 'numeric', 'timestamp with time zone[]',
                                                     'numeric[]')
               AND (c.relname, a.attname) <> ('parked_work', 'next_attempt_at')
             ORDER BY 1, a.attnum
            """);
        await using var row = await command.ExecuteReaderAsync();
        var columns = new List<(string, string, string)>();
        while (await row.ReadAsync())
        {
            columns.Add((row.GetString(0), row.GetString(1), row.GetString(2)));
        }

        return columns;
    }

    /// <summary>An empty table with the columns of another, of whose constraints it keeps only the one against impossible values.</summary>
    private static string ProbeOf(string table) => $"""
        CREATE TEMP TABLE probe (LIKE "{table}" INCLUDING CONSTRAINTS) ON COMMIT DROP;
        DO $$
        DECLARE one record;
        BEGIN
            FOR one IN SELECT attname FROM pg_attribute WHERE attrelid = 'probe'::regclass AND attnum > 0 AND attnotnull LOOP
                EXECUTE format('ALTER TABLE probe ALTER %I DROP NOT NULL', one.attname);
            END LOOP;
            FOR one IN SELECT conname FROM pg_constraint
                        WHERE conrelid = 'probe'::regclass AND contype = 'c' AND conname <> '{table}_possible' LOOP
                EXECUTE format('ALTER TABLE probe DROP CONSTRAINT %I', one.conname);
            END LOOP;
        END $$
        """;

    /// <summary>Numbers of a fixed precision hold no infinity, which PostgreSQL refuses before any constraint.</summary>
    private static async Task<bool> IsRefusedAsync(NpgsqlConnection connection, string table, string column, string value)
    {
        await ExecuteAsync(connection, "SAVEPOINT before");
        try
        {
            await ExecuteAsync(connection, $"INSERT INTO probe (\"{column}\") VALUES ({value})");
            return false;
        }
        catch (PostgresException refused) when (refused.ConstraintName == $"{table}_possible"
            || refused.SqlState == PostgresErrorCodes.NumericValueOutOfRange)
        {
            return true;
        }
        finally
        {
            await ExecuteAsync(connection, "ROLLBACK TO before");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
