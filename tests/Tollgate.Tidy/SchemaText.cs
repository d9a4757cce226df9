using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// A table of the migrations: the room that writes it, its columns and its unique keys. The header comment above it names the room, or a
/// later one above a <c>COMMENT ON TABLE</c>.
/// </summary>
public sealed record Table(
    string Name, string Room, string Path, int Line, IReadOnlyList<string> Columns, IReadOnlyList<UniqueKey> Keys,
    IReadOnlyList<ForeignKey> References)
{
    /// <summary>True if its rows are distributed by customer; the others are reference tables.</summary>
    public bool IsDistributed => Columns.Contains("partition", StringComparer.Ordinal);

    /// <summary>True if its rows belong to single customers, so that it must be distributed.</summary>
    public bool IsPerCustomer => Columns.Contains("account", StringComparer.Ordinal);
}

public sealed record UniqueKey(int Line, IReadOnlyList<string> Columns);

public sealed record ForeignKey(int Line, string Table, IReadOnlyList<string> Columns);

/// <summary>
/// Reads <c>CREATE TABLE</c>, <c>ALTER TABLE … ADD</c>, <c>CREATE UNIQUE INDEX</c> and <c>COMMENT ON TABLE</c> of the migrations, as far as
/// the rules need.
/// </summary>
public static partial class SchemaText
{
    private static readonly Lazy<IReadOnlyList<Table>> All =
        new(() => Read(Repository.Under("src/Tollgate.Engine/Schema", ".sql").OrderBy(file => file.Path, StringComparer.Ordinal)));

    public static IReadOnlyList<Table> Tables => All.Value;

    /// <summary>The tables after a migration: its writes belong to the rooms of that time.</summary>
    public static IReadOnlyList<Table> After(TextFile migration) =>
        Read(Repository.Under("src/Tollgate.Engine/Schema", ".sql")
            .Where(file => string.CompareOrdinal(file.Path, migration.Path) <= 0)
            .OrderBy(file => file.Path, StringComparer.Ordinal));

    public static IReadOnlyList<Table> Read(IEnumerable<TextFile> migrations)
    {
        var tables = new Dictionary<string, Table>(StringComparer.Ordinal);
        foreach (var file in migrations)
        {
            // Comments name the rooms, so they are read first and then blanked in place: positions do not change.
            var rooms = RoomComment().Matches(file.Text).Select(match => (match.Index, Room: match.Groups[1].Value)).ToList();
            var sql = Blank(file.Text);
            foreach (Match create in CreateTable().Matches(sql))
            {
                var table = ReadTable(file, sql, create, RoomAt(create.Index) ?? "");
                tables[table.Name] = table;
            }

            foreach (Match comment in TableComment().Matches(sql))
            {
                if (tables.TryGetValue(comment.Groups[1].Value, out var table) && RoomAt(comment.Index) is { } room)
                {
                    tables[table.Name] = table with { Room = room };
                }
            }

            string? RoomAt(int position) => rooms.LastOrDefault(comment => comment.Index < position).Room;

            AddLater(file, sql, tables);
        }

        return [.. tables.Values];
    }

    /// <summary>SQL with comments replaced by spaces, newlines kept.</summary>
    public static string Blank(string sql) =>
        Comment().Replace(sql, match => new string([.. match.Value.Select(c => c == '\n' ? c : ' ')]));

    private static Table ReadTable(TextFile file, string sql, Match create, string room)
    {
        var open = sql.IndexOf('(', create.Index + create.Length - 1);
        List<string> columns = [];
        List<UniqueKey> keys = [];
        List<ForeignKey> references = [];
        foreach (var (position, part) in Parts(sql, open))
        {
            var line = file.LineAt(position);
            var isConstraint = Constraint().IsMatch(part);
            var column = isConstraint ? null : part.Split((char[])[' ', '\n', '\t'], 2)[0];
            if (column is not null)
            {
                columns.Add(column);
            }

            ReadKeys(part, column, line, keys, references);
        }

        return new(create.Groups[1].Value, room, file.Path, file.LineAt(create.Index), columns, keys, references);
    }

    private static void ReadKeys(string part, string? column, int line, List<UniqueKey> keys, List<ForeignKey> references)
    {
        if (KeyOf().Match(part) is { Success: true } key)
        {
            keys.Add(new(line, key.Groups[1].Success ? Names(key.Groups[1].Value) : [column ?? ""]));
        }

        if (Reference().Match(part) is { Success: true } reference)
        {
            references.Add(
                new(line, reference.Groups[1].Value, column is null ? Names(ForeignColumns().Match(part).Groups[1].Value) : [column]));
        }
    }

    private static void AddLater(TextFile file, string sql, Dictionary<string, Table> tables)
    {
        foreach (Match alter in AlterTable().Matches(sql))
        {
            if (tables.TryGetValue(alter.Groups[1].Value, out var table))
            {
                List<UniqueKey> keys = [.. table.Keys];
                List<ForeignKey> references = [.. table.References];
                var added = AddedColumn().Matches(alter.Value).Select(match => match.Groups[1].Value).ToList();
                ReadKeys(alter.Value, added.FirstOrDefault(), file.LineAt(alter.Index), keys, references);
                tables[table.Name] = table with { Columns = [.. table.Columns, .. added], Keys = keys, References = references };
            }
        }

        foreach (Match index in UniqueIndex().Matches(sql))
        {
            if (tables.TryGetValue(index.Groups[1].Value, out var table))
            {
                tables[table.Name] = table with { Keys = [.. table.Keys, new(file.LineAt(index.Index), Names(index.Groups[2].Value))] };
            }
        }
    }

    // Splits the parenthesised list that opens at the given place by its top-level commas.
    private static IEnumerable<(int Position, string Text)> Parts(string sql, int open)
    {
        var depth = 0;
        var start = open + 1;
        for (var at = open; at < sql.Length; at++)
        {
            depth += sql[at] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0 || (depth == 1 && sql[at] == ','))
            {
                var text = sql[start..at];
                var lead = text.Length - text.TrimStart().Length;
                yield return (start + lead, text.Trim());
                start = at + 1;
            }

            if (depth == 0)
            {
                yield break;
            }
        }
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"--\s*Room:\s*(\w+)")]
    private static partial Regex RoomComment();

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_]\w*)\s*\(")]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"COMMENT\s+ON\s+TABLE\s+(\w+)\s+IS\b")]
    private static partial Regex TableComment();

    [GeneratedRegex(@"^(PRIMARY|UNIQUE|CHECK|FOREIGN|CONSTRAINT|EXCLUDE|LIKE)\b")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\b(?:PRIMARY\s+KEY|UNIQUE(?:\s+NULLS\s+NOT\s+DISTINCT)?)\s*(?:\(([^)]*)\))?")]
    private static partial Regex KeyOf();

    [GeneratedRegex(@"\bREFERENCES\s+(\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"FOREIGN\s+KEY\s*\(([^)]*)\)")]
    private static partial Regex ForeignColumns();

    [GeneratedRegex(@"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(\w+)\s[^;]*?\bADD\b[^;]*;")]
    private static partial Regex AlterTable();

    [GeneratedRegex(@"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?!CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN)([a-z_]\w*)")]
    private static partial Regex AddedColumn();

    [GeneratedRegex(@"CREATE\s+UNIQUE\s+INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+ON\s+(\w+)\s*(?:USING\s+\w+\s*)?\(([^)]*)\)")]
    private static partial Regex UniqueIndex();
}
