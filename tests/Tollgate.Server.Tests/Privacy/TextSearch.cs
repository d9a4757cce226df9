using Npgsql;

namespace Tollgate.Server.Tests.Privacy;

/// <summary>Searches a whole database for a text, as a dump of it shows it.</summary>
internal static class TextSearch
{
    /// <summary>The tables that a text is in: in any column, also in bytes. This is what a dump of the database shows.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(string database, string text)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var tables = new List<(string Table, string Bytes)>();
        await using (var list = new NpgsqlCommand(
            """
            SELECT c.relname::text, coalesce(string_agg(' OR strpos(encode(' || quote_ident(a.attname) || ', ''escape''), $1) > 0', ''), '')
              FROM pg_class c
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             GROUP BY c.relname
            """, connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        tables.Count.ShouldBeGreaterThan(60);
        var found = new List<string>();
        foreach (var (table, bytes) in tables)
        {
            await using var command = new NpgsqlCommand(
                $"SELECT EXISTS (SELECT FROM {table} t WHERE strpos(lower(t::text), lower($1)) > 0{bytes})", connection);
            command.Parameters.Add(new() { Value = text });
            if (await command.ExecuteScalarAsync() is true)
            {
                found.Add(table);
            }
        }

        return found;
    }
}
