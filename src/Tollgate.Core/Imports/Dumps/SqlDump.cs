using System.Text;

namespace Tollgate.Core.Imports.Dumps;

/// <summary>
/// Reads the rows of an SQL dump of PostgreSQL: <c>COPY … FROM stdin</c> blocks and <c>INSERT … VALUES</c> statements. It passes over all
/// other statements, of which only <c>CREATE TABLE</c> names the columns of inserts without a list. It holds one statement in memory.
/// </summary>
public static class SqlDump
{
    /// <summary>Characters of a statement. pg_dump writes a statement for each row, or a few thousand rows.</summary>
    private const int LongestStatement = 64 * 1024 * 1024;

    /// <summary>The quote of a text in which a backslash escapes the next character.</summary>
    private const string WithEscapes = "E'";

    /// <param name="wanted">The tables whose rows are returned; the others are passed over.</param>
    /// <param name="passedOver">Gets the table of each row that is passed over.</param>
    /// <exception cref="DumpFaultException">The text is no dump, or is cut off.</exception>
    public static IEnumerable<TableRow> Read(TextReader reader, IReadOnlySet<string> wanted, Action<string>? passedOver = null)
    {
        var (source, tables) = (new Lines(reader), new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase));
        while (NextStatement(source) is { } statement)
        {
            var words = new SqlWords(statement.Text, statement.Line);
            if (words.Skip("CREATE"))
            {
                NoteTable(words, tables);
            }
            else if (words.Skip("COPY"))
            {
                var table = words.Name();
                var columns = words.Names() ?? tables.GetValueOrDefault(table);
                var isStdin = words.Skip("FROM") && words.Skip("STDIN");
                var unread = wanted.Contains(table) ? null : passedOver ?? (static _ => { });
                foreach (var row in isStdin ? CopyRows(source, table, columns, unread) : [])
                {
                    yield return row;
                }
            }
            else if (words.Skip("INSERT") && words.Skip("INTO"))
            {
                var table = words.Name();
                if (wanted.Contains(table))
                {
                    var columns = words.Names() ?? tables.GetValueOrDefault(table) ?? throw words.Fault($"The columns of {table} are unknown.");
                    foreach (var row in InsertRows(words, table, columns))
                    {
                        yield return row;
                    }
                }
                else
                {
                    PassOver(words, table, passedOver);
                }
            }
        }
    }

    private static void PassOver(SqlWords words, string table, Action<string>? passedOver)
    {
        for (var rows = passedOver is null ? 0 : Count(words); rows > 0; rows--)
        {
            passedOver!(table);
        }
    }

    /// <summary>Nobody wants these rows: a statement that this reader does not know counts as one, and ends no import.</summary>
    private static long Count(SqlWords words)
    {
        try
        {
            return words.CountRows();
        }
        catch (DumpFaultException)
        {
            return 1;
        }
    }

    private static void NoteTable(SqlWords words, Dictionary<string, string[]> tables)
    {
        while (words.Skip("UNLOGGED") || words.Skip("TEMPORARY") || words.Skip("GLOBAL"))
        {
            // Kinds of tables.
        }

        if (words.Skip("TABLE"))
        {
            _ = words.Skip("IF") && words.Skip("NOT") && words.Skip("EXISTS");
            var table = words.Name();
            tables[table] = words.Definitions();
        }
    }

    private static IEnumerable<TableRow> InsertRows(SqlWords words, string table, IReadOnlyList<string> columns)
    {
        _ = words.Skip("OVERRIDING") && (words.Skip("SYSTEM") || words.Skip("USER")) && words.Skip("VALUE");
        if (!words.Skip("VALUES"))
        {
            throw words.Fault("An INSERT has VALUES.");
        }

        do
        {
            var line = words.NextLine();
            yield return TableRow.Of(table, columns, words.Values(), line);
        }
        while (words.SkipComma());
    }

    /// <param name="unread">Gets each row of a table that nobody wants; null: the rows are returned.</param>
    private static IEnumerable<TableRow> CopyRows(
        Lines source, string table, IReadOnlyList<string>? columns, Action<string>? unread)
    {
        while (source.Next() is { } line)
        {
            if (line == "\\.")
            {
                yield break;
            }

            if (unread is not null)
            {
                unread(table);
                continue;
            }

            if (columns is null)
            {
                throw new DumpFaultException(source.Number, $"The columns of {table} are unknown.");
            }

            yield return TableRow.Of(table, columns, Array.ConvertAll(line.Split('\t'), Unescape), source.Number);
        }

        throw new DumpFaultException(source.Number, $"The rows of {table} do not end with \\. : the dump is cut off.");
    }

    /// <summary>Undoes the escapes of COPY's text format. <c>\N</c> is null.</summary>
    private static string? Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        if (field == "\\N")
        {
            return null;
        }

        var text = new StringBuilder(field.Length);
        for (var at = 0; at < field.Length; at++)
        {
            var one = field[at];
            text.Append(one != '\\' || at + 1 == field.Length ? one : field[++at] switch
            {
                'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', 'v' => '\v', var other => other,
            });
        }

        return text.ToString();
    }

    /// <summary>Returns the next statement without its semicolon; null: the dump ends.</summary>
    private static (string Text, long Line)? NextStatement(Lines source)
    {
        var (text, quote, first) = (new StringBuilder(), (string?)null, 0L);
        while (source.Next() is { } line)
        {
            if (quote is null && text.Length == 0
                && (line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal) || line[0] == '\\'))
            {
                continue;
            }

            first = text.Length == 0 ? source.Number : first;
            var ends = Ends(line, ref quote);
            text.Append(line).Append('\n');
            if (ends)
            {
                return (text.ToString(), first);
            }

            if (text.Length > LongestStatement)
            {
                throw new DumpFaultException(first, $"A statement has more than {LongestStatement} characters.");
            }
        }

        RefuseRest(new(text.ToString(), first), quote, first);
        return null;
    }

    /// <summary>A dump ends with a whole statement. Comments and white space may follow.</summary>
    private static void RefuseRest(SqlWords rest, string? quote, long line)
    {
        if (quote is not null)
        {
            throw new DumpFaultException(line, "A quoted text does not end: the dump is cut off.");
        }

        if (rest.Skip("INSERT") || rest.Skip("COPY"))
        {
            throw new DumpFaultException(line, "A statement does not end with a semicolon: the dump is cut off.");
        }
    }

    /// <summary>True if the line ends a statement. A quote may stay open: ', E', " or the tag of a dollar quote.</summary>
    private static bool Ends(string line, ref string? quote)
    {
        for (var at = 0; at < line.Length; at++)
        {
            if (quote == WithEscapes)
            {
                if (line[at] == '\\' || (line[at] == '\'' && at + 1 < line.Length && line[at + 1] == '\''))
                {
                    at++;
                }
                else if (line[at] == '\'')
                {
                    quote = null;
                }
            }
            else if (quote is not null)
            {
                if (string.CompareOrdinal(line, at, quote, 0, quote.Length) == 0)
                {
                    (at, quote) = (at + quote.Length - 1, null);
                }
            }
            else if (line[at] is '\'' or '"')
            {
                quote = SqlWords.HasEscapes(line, at) ? WithEscapes : line[at].ToString();
            }
            else if (line[at] == '$' && line.IndexOf('$', at + 1) is > 0 and var end && line.AsSpan(at + 1, end - at - 1).IndexOf(' ') < 0)
            {
                quote = line[at..(end + 1)];
                at = end;
            }
            else if (line[at] == '-' && at + 1 < line.Length && line[at + 1] == '-')
            {
                return false;
            }
            else if (line[at] == ';')
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Lines(TextReader reader)
    {
        public long Number { get; private set; }

        public string? Next()
        {
            var line = reader.ReadLine();
            Number += line is null ? 0 : 1;
            return line;
        }
    }
}
