using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// SQL is source: each table has one writing room, statements are in <c>…Sql.cs</c>, keys of customers' tables contain the partition.
/// </summary>
public sealed partial class SqlTests
{
    /// <summary>Intended writers other than the table's room. Subject: <c>room -> table</c>.</summary>
    private static readonly Allowed[] OtherWriters =
    [
        new("Ledger -> customers",
            "touch_account() in the schema moves the versions of the customer and of its balances together, "
                + "or a lane could decide between the two."),
        new("Invoicing -> subscriptions",
            "A credit note or a void invoice for the running period lowers the amount billed for it, "
                + "in the same transaction."),
        new("Costs -> call_queue", "The fold takes calls out of the queue in the transaction that adds them to the rollups."),
        new("Backup -> servers", "A restored copy forgets the servers of the original, which do not run on it; nobody serves there yet."),
    ];

    /// <summary>An erasure removes texts from the tables of all rooms, and nothing that a rule reads: see the room's README.</summary>
    private const string Erasures = "Privacy -> ";

    /// <summary>Statements on tables outside a <c>…Sql.cs</c>. Subject: the file's path.</summary>
    private static readonly Allowed[] StatementsElsewhere =
    [
        new("src/Tollgate.Engine/Privacy/PersonalTables.cs",
            "The list of all tables, with the conditions from which PersonalTable makes the statements of an erasure."),
    ];

    [Fact]
    public void Every_table_names_its_room() =>
        SchemaText.Tables.Where(table => table.Room.Length == 0)
            .Select(table => new Finding(table.Path, table.Line, $"write \"-- Room: <Room>\" above {table.Name}."))
            .ShouldBeNone("The comment above a table in the migration names the room that writes it.");

    [Fact]
    public void The_schema_was_read() => SchemaText.Tables.Count.ShouldBeGreaterThan(5, "The rules below would judge nothing.");

    [Fact]
    public void One_room_writes_each_table()
    {
        var fromCode = Repository.SourcesUnder("src").SelectMany(source =>
            Literals(source).SelectMany(literal => Writes(SchemaText.Tables, source.File, source.File.Room, literal.Line, literal.Text)));
        var fromSchema = Repository.Under("src/Tollgate.Engine/Schema", ".sql").SelectMany(SchemaWrites);
        fromCode.Concat(fromSchema)
            .Where(static write => !write.Item1.StartsWith(Erasures, StringComparison.Ordinal))
            .Except(OtherWriters, "tests/Tollgate.Tidy/SqlTests.cs")
            .ShouldBeNone("A table has one writer: its room. Call a method of that room, or list the exception with its reason.");
    }

    [Fact]
    public void Statements_stand_in_the_rooms_Sql_files() =>
        Repository.SourcesUnder("src").Where(source => !source.File.Name.EndsWith("Sql.cs", StringComparison.Ordinal))
            .SelectMany(source => Literals(source)
                .Where(literal => Statement().IsMatch(literal.Text) && Mentions(literal.Text))
                .Select(literal =>
                    (source.File.Path, new Finding(source.File.Path, literal.Line, "move this statement to the room's …Sql.cs."))))
            .Except(StatementsElsewhere, "tests/Tollgate.Tidy/SqlTests.cs")
            .ShouldBeNone("Every statement of a room stands in its …Sql.cs, aligned and commented (STYLE 10).");

    [Fact]
    public void A_number_of_an_advisory_lock_belongs_to_one_file() =>
        SharedLocks(Repository.SourcesUnder("src").Select(static source => source.File)
            .Concat(Repository.Under("src/Tollgate.Engine/Schema", ".sql")))
            .ShouldBeNone("Two that share a number wait for each other without a reason, and may deadlock. Take the next free number.");

    [Theory]
    [InlineData("pg_advisory_xact_lock(7, $1)", "pg_advisory_xact_lock(7, hashtext($1))", true)]
    [InlineData("pg_try_advisory_lock(7, 1)", "pg_advisory_xact_lock(7, 1)", true)]
    [InlineData("pg_advisory_xact_lock(7, 1)", "pg_advisory_xact_lock(7, 2)", false)]
    [InlineData("pg_advisory_xact_lock(7, 1)", "pg_try_advisory_lock(7)", false)]
    public void The_lock_rule_sees_an_offender(string here, string there, bool isOne) =>
        SharedLocks([new("src/Tollgate.Engine/Here/ASql.cs", here), new("src/Tollgate.Engine/There/BSql.cs", there)]).Any().ShouldBe(isOne);

    /// <summary>A lock on one number is in another space than one on two; a literal second number distinguishes locks.</summary>
    private static IEnumerable<Finding> SharedLocks(IEnumerable<TextFile> files) =>
        files.SelectMany(static file => AdvisoryLock().Matches(file.Text).Select(match => (File: file, Match: match)))
            .GroupBy(static one => one.Match.Groups["name"].Value)
            .Where(static same => same.Select(static one => one.File.Path).Distinct().Count() > 1)
            .SelectMany(static same => same.Skip(1).Select(one =>
                new Finding(
                    one.File.Path, one.File.LineAt(one.Match.Index), $"the lock {same.Key} is one of {same.First().File.Path} already.")));

    [Fact]
    public void Unique_keys_of_distributed_tables_begin_with_the_partition() =>
        PartitionFaults(SchemaText.Tables)
            .ShouldBeNone("Tables per customer are spread by partition; a key without it cannot be kept on one shard (DESIGN section 4).");

    [Theory]
    [InlineData("CREATE TABLE t (partition smallint, account integer, id uuid PRIMARY KEY);")]
    [InlineData("CREATE TABLE t (partition smallint, account integer, id uuid, UNIQUE (account, id));")]
    [InlineData("CREATE TABLE t (partition smallint, id uuid, PRIMARY KEY (partition, id));\nCREATE UNIQUE INDEX i ON t (id);")]
    [InlineData("CREATE TABLE t (account integer, id uuid, PRIMARY KEY (account, id));")]
    [InlineData("CREATE TABLE t (partition smallint, id uuid, PRIMARY KEY (partition, id));\nALTER TABLE t ADD CONSTRAINT u UNIQUE (id);")]
    public void The_partition_rule_sees_an_offender(string sql) =>
        PartitionFaults(SchemaText.Read([new("src/Tollgate.Engine/Schema/9999.sql", sql)])).ShouldNotBeEmpty();

    [Fact]
    public void A_table_goes_to_another_room_by_a_comment_on_it()
    {
        TextFile made = new(
            "src/Tollgate.Engine/Schema/9998.sql",
            "-- Room: Here\nCREATE TABLE t (a integer);\nCREATE TABLE u (a integer);\nCOMMENT ON TABLE u IS 'Of whom made it.';");
        TextFile moved = new(
            "src/Tollgate.Engine/Schema/9999.sql",
            "-- Room: There\nCOMMENT ON TABLE t IS 'What it is for.';\n-- COMMENT ON TABLE u IS said in a comment.");
        SchemaText.Read([made]).Select(table => table.Room).ShouldBe(["Here", "Here"]);
        SchemaText.Read([made, moved]).Select(table => (table.Name, table.Room)).ShouldBe([("t", "There"), ("u", "Here")]);
    }

    [Theory]
    [InlineData("INSERT INTO t (a) VALUES (1)")]
    [InlineData("UPDATE t SET a = 1")]
    [InlineData("update only t as x set a = 1")]
    [InlineData("WITH gone AS (DELETE FROM t RETURNING *) SELECT 1")]
    [InlineData("COPY t (a) FROM STDIN (FORMAT BINARY)")]
    public void The_writer_rule_sees_an_offender(string statement)
    {
        var tables = SchemaText.Read([new("src/Tollgate.Engine/Schema/9999.sql", "-- Room: Here\nCREATE TABLE t (a integer);")]);
        Writes(tables, new("src/Tollgate.Engine/There/X.cs", ""), "There", 1, statement).ShouldNotBeEmpty();
        Writes(tables, new("src/Tollgate.Engine/Here/X.cs", ""), "Here", 1, statement).ShouldBeEmpty();
        Writes(tables, new("src/Tollgate.Engine/There/X.cs", ""), "There", 1, "SELECT a FROM t FOR NO KEY UPDATE").ShouldBeEmpty();
    }

    private static IEnumerable<(string, Finding)> Writes(IReadOnlyList<Table> tables, TextFile file, string room, int line, string sql)
    {
        foreach (Match write in WriteTarget().Matches(SchemaText.Blank(sql)))
        {
            var name = write.Groups[1].Value;
            if (tables.FirstOrDefault(table => table.Name == name) is { } table && table.Room != room)
            {
                var at = line + sql.AsSpan(0, write.Index).Count('\n');
                yield return ($"{room} -> {name}", new(file.Path, at, $"{room} writes {name}, which belongs to {table.Room}."));
            }
        }
    }

    // Functions in the migrations write too; their room is that of the header above them.
    private static IEnumerable<(string, Finding)> SchemaWrites(TextFile file)
    {
        var tables = SchemaText.After(file);
        var sections = RoomHeader().Matches(file.Text).ToList();
        for (var at = 0; at < sections.Count; at++)
        {
            var start = sections[at].Index;
            var end = at + 1 < sections.Count ? sections[at + 1].Index : file.Text.Length;
            foreach (var write in Writes(tables, file, sections[at].Groups[1].Value, file.LineAt(start), file.Text[start..end]))
            {
                yield return write;
            }
        }
    }

    private static IEnumerable<Finding> PartitionFaults(IReadOnlyList<Table> tables)
    {
        var distributed = tables.Where(table => table.IsDistributed).Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            if (table.IsPerCustomer && !table.IsDistributed)
            {
                yield return new(table.Path, table.Line, $"{table.Name} has rows per customer (account) and no column \"partition\".");
            }

            foreach (var key in table.Keys.Where(key => table.IsDistributed && key.Columns[0] != "partition"))
            {
                yield return new(
                    table.Path, key.Line, $"the unique key ({string.Join(", ", key.Columns)}) of {table.Name} must begin with partition.");
            }

            foreach (var reference in table.References.Where(reference =>
                distributed.Contains(reference.Table) && !reference.Columns.Contains("partition", StringComparer.Ordinal)))
            {
                yield return new(
                    table.Path, reference.Line, $"the foreign key of {table.Name} to {reference.Table} must contain partition.");
            }
        }
    }

    private static bool Mentions(string sql) =>
        TableName().Matches(SchemaText.Blank(sql)).Any(match => SchemaText.Tables.Any(table => table.Name == match.Groups[1].Value));

    /// <summary>String literals of a file, interpolated ones with holes as spaces.</summary>
    private static IEnumerable<(int Line, string Text)> Literals(SourceFile source)
    {
        foreach (var node in source.Root.DescendantNodes())
        {
            if (node is LiteralExpressionSyntax literal && literal.IsKind(SyntaxKind.StringLiteralExpression))
            {
                yield return (source.LineOf(literal), literal.Token.ValueText);
            }
            else if (node is InterpolatedStringExpressionSyntax interpolated)
            {
                yield return (source.LineOf(interpolated), string.Concat(interpolated.Contents.Select(content =>
                    content is InterpolatedStringTextSyntax text ? text.TextToken.ValueText : " ")));
            }
        }
    }

    // COPY only when it reads into the table.
    [GeneratedRegex(@"pg_(try_)?advisory_(xact_)?(un)?lock(_shared)?\((?<name>\d+(, *(\d+)?)?)", RegexOptions.CultureInvariant)]
    private static partial Regex AdvisoryLock();

    [GeneratedRegex(
        @"\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY(?=\s+\w+\b[^;]*?\bFROM\b))\s+(\w+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex WriteTarget();

    [GeneratedRegex(@"\b(SELECT\b[\s\S]*\bFROM|INSERT\s+INTO|UPDATE\s+\w+[\s\S]*\bSET|DELETE\s+FROM|COPY\s+\w+)\b")]
    private static partial Regex Statement();

    [GeneratedRegex(@"\b(?:FROM|JOIN|INTO|UPDATE|COPY)\s+(\w+)")]
    private static partial Regex TableName();

    [GeneratedRegex(@"--\s*Room:\s*(\w+)")]
    private static partial Regex RoomHeader();
}
