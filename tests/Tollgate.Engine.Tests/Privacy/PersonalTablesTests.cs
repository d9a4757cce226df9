using Tollgate.Engine.Privacy;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Privacy;

/// <summary>
/// The lists of what exports and erasures do with each table, compared with the schema: a new table or a new column with text is in the
/// lists, or these tests fail.
/// </summary>
public sealed class PersonalTablesTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Help = "Add it to PersonalTables: what do an export and an erasure do with it?";

    [Fact]
    public async Task Every_table_is_exported_and_erased_or_there_is_a_reason()
    {
        var listed = PersonalTables.Personal.Select(static one => one.Name).Concat(PersonalTables.Impersonal.Select(static one => one.Name))
            .ToList();
        listed.ShouldBeUnique();
        (await TextsAsync(
            """
            SELECT c.relname::text FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations'
            """)).Order(StringComparer.Ordinal).ShouldBe(listed.Order(StringComparer.Ordinal), Help);
        PersonalTables.Impersonal.ShouldAllBe(static one => one.Why.Length > 0);
    }

    [Fact]
    public async Task A_table_with_a_column_of_customers_is_personal()
    {
        var impersonal = PersonalTables.Impersonal.Select(static one => one.Name).ToHashSet(StringComparer.Ordinal);
        (await TextsAsync(
            """
            SELECT DISTINCT c.table_name::text FROM information_schema.columns c
             WHERE c.table_schema = 'public' AND c.column_name IN ('account', 'customer', 'customer_id', 'member', 'email')
               AND c.table_name <> 'erasures'
            """)).Where(impersonal.Contains).ShouldBeEmpty(Help);
    }

    [Fact]
    public async Task Every_column_that_can_hold_a_text_of_a_customer_is_erased_or_kept_on_purpose()
    {
        var tables = PersonalTables.Personal.Where(static one => one.Erasing != Erasing.Delete).ToDictionary(static one => one.Name);
        var columns = await TextsAsync(
            """
            SELECT c.relname || ' ' || a.attname FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND format_type(a.atttypid, NULL) IN ('text', 'jsonb', 'bytea', 'text[]', 'json', 'inet', 'character varying')
            """);
        columns.Count.ShouldBeGreaterThan(100);
        columns.Select(static one => one.Split(' ')).Where(one => tables.ContainsKey(one[0]))
            .Where(one => !tables[one[0]].KnownColumns.Contains(one[1], StringComparer.Ordinal))
            .Select(static one => string.Join('.', one)).ShouldBeEmpty(Help);

        // And no column that the lists name is gone.
        tables.Values.SelectMany(static table => table.KnownColumns.Select(column => $"{table.Name} {column}"))
            .Except(columns)
            .Where(static one => !one.EndsWith(" due_at", StringComparison.Ordinal) && !one.EndsWith("_at", StringComparison.Ordinal)
                && !one.EndsWith(" is_default", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void A_table_that_keeps_texts_says_why() =>
        PersonalTables.Personal.Where(static one => one is { Erasing: Erasing.Keep, Why: null }).Select(static one => one.Name)
            .ShouldBeEmpty();

    private async Task<List<string>> TextsAsync(string sql)
    {
        await using var command = database.Database.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }
}
