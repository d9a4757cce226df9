using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

/// <summary>Rows by the names of their columns.</summary>
public sealed class RowReaderTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    [Fact]
    public async Task Each_type_is_read_by_name_and_a_null_is_null()
    {
        await using var command = _database!.Source.CreateCommand(
            """
            SELECT 'a' AS text, NULL::text AS no_text, 1::smallint AS small, 2 AS whole, NULL::integer AS no_whole, 3::bigint AS long,
                   NULL::bigint AS no_long, 1.5 AS number, true AS flag, '00000000-0000-0000-0000-000000000001'::uuid AS id, NULL::uuid AS no_id,
                   '2026-03-01T00:00:00Z'::timestamptz AS time, NULL::timestamptz AS no_time, ARRAY['x', 'y'] AS texts
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var row = new RowReader(reader);
        await reader.ReadAsync();

        (row.Text("text"), row.TextOrNull("text"), row.TextOrNull("no_text")).ShouldBe(("a", "a", null));
        (row.Small("small"), row.Whole("whole"), row.WholeOrNull("no_whole")).ShouldBe(((short)1, 2, null));
        (row.Long("long"), row.LongOrNull("no_long"), row.Number("number"), row.Flag("flag")).ShouldBe((3, null, 1.5m, true));
        (row.Id("id"), row.IdOrNull("no_id")).ShouldBe((new Guid("00000000-0000-0000-0000-000000000001"), null));
        (row.Time("time"),
            row.TimeOrNull("no_time")).ShouldBe((Instant.From(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero)), null));
        row.Value<string[]>("texts").ShouldBe(["x", "y"]);
        (row.IsNull("no_text"), row.IsNull("text")).ShouldBe((true, false));
    }

    /// <summary>The driver alone would read the first of two columns, and a join often has two of one name.</summary>
    [Theory]
    [InlineData("SELECT 1 AS id, 2 AS id", "Two columns of the statement are called \"id\": rename one of them with AS.")]
    [InlineData("SELECT 1 AS number, 2 AS customer", "The statement has no column \"id\"; it has number, customer.")]
    public async Task A_name_that_is_missing_or_ambiguous_is_refused(string sql, string fault)
    {
        await using var command = _database!.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Should.Throw<InvalidOperationException>(() => new RowReader(reader).Whole("id")).Message.ShouldBe(fault);
    }
}
