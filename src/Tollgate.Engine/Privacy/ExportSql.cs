using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Privacy;

/// <summary>Makes the statements that read a customer's rows of a table, from the columns that the database has.</summary>
internal static class ExportSql
{
    /// <summary>Columns that say nothing about the customer: numbers by which the server finds and orders rows.</summary>
    private static readonly string[] Internal = [
        "partition", "account", "project_id", "xid", "pushed", "issuer", "leased_until", "taken_at"];

    /// <summary>
    /// Parameters of its SQL: those of <see cref="PersonalTable"/>, but $5 whether it reads the first page, $6 the last key, $7 number of
    /// rows. Rows: the row as a JSON object, and its key.
    /// </summary>
    public static ExportedTable TableOf(PersonalTable table, IReadOnlyList<ExportedColumn> columns)
    {
        var secret = SecretsSql.Columns.Where(one => one.Table == table.Name).Select(static one => one.Column);
        var hidden = Internal.Concat(table.Hidden).Concat(secret).ToHashSet(StringComparer.Ordinal);
        var shown = columns.Where(column => !hidden.Contains(column.Name) && column.Type != "bytea").ToArray();
        var keys = columns.Where(static column => column.Place is not null && column.Name is not ("partition" or "account"))
            .OrderBy(static column => column.Place).ToArray();

        // A table with one row of the customer has no further key.
        var places = keys.Length == 0 ? "ARRAY['']" : $"ARRAY[{string.Join(", ", keys.Select(static key => $"t.{key.Name}::text"))}]";
        var after = keys.Length == 0
            ? "$5"
            : $"($5 OR ({string.Join(", ", keys.Select(static key => $"t.{key.Name}"))}) > "
                + $"({string.Join(", ", keys.Select(static (key, i) => $"($6::text[])[{i + 1}]::{key.Type}"))}))";
        var order = keys.Length == 0 ? "" : $"ORDER BY {string.Join(", ", keys.Select(static key => $"t.{key.Name}"))}";
        return new(table.Name, table.Meaning, Array.ConvertAll(shown, static column => column.Shown))
        {
            Sql =
                $"""
                SELECT jsonb_build_object({string.Join(", ", shown.Select(static column => $"'{column.Shown}', {column.Value}"))})::text, {places}
                  FROM {table.Name} AS t
                 WHERE ({table.Where}) AND {after}
                 {order}
                 LIMIT $7
                """,
        };
    }
}

/// <summary>A column of a table.</summary>
/// <param name="Place">The position in the primary key; null: it is no part of it.</param>
internal sealed record ExportedColumn(string Name, string Type, int? Place)
{
    /// <summary>Numbers of features and plans appear as their codes.</summary>
    public string Shown => Name == "plan_version_id" ? "plan_version" : Name;

    public string Value => (Name, Type) switch
    {
        ("feature", "integer") => "(SELECT f.code FROM features f WHERE f.id = t.feature)",
        ("features" or "held_features", "integer[]") =>
            $"(SELECT jsonb_agg(f.code ORDER BY u.place) FROM unnest(t.{Name}) WITH ORDINALITY AS u (id, place) JOIN features f ON f.id = u.id)",
        ("plan_version_id" or "previous_plan_version_id", _) =>
            $"(SELECT v.plan || ' ' || v.version FROM plan_versions v WHERE v.id = t.{Name})",
        _ => $"t.{Name}",
    };
}
