using Tollgate.Core.Imports.Dumps;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Imports;

/// <summary>Rows of SQL dumps and CSV files, as pg_dump and psql write them.</summary>
public sealed class SqlDumpTests
{
    private const string Dump =
        """
        -- PostgreSQL database dump
        SET standard_conforming_strings = on;
        CREATE FUNCTION public.x() RETURNS trigger LANGUAGE plpgsql AS $fn$ BEGIN RAISE NOTICE 'a;b'; END; $fn$;
        CREATE TABLE public.users (
            id integer NOT NULL,
            "name" character varying(10) DEFAULT 'a, b'::character varying,
            price numeric(10,2) DEFAULT 0,
            CONSTRAINT users_check CHECK ((price > (0)::numeric)),
            PRIMARY KEY (id)
        );
        COPY public.users (id, "name", price) FROM stdin;
        1	محمد "أبو" o'Neil; x	1.50
        2	\N	2
        3	tab\there\\n	3
        \.
        COPY public.others (id) FROM stdin;
        INSERT INTO users VALUES (9, 'not a statement', 0);
        \.
        INSERT INTO public.users VALUES (4, 'it''s; me', 4.00), (5, NULL, -5),
            (6, E'a\nb', '6'::numeric(10,2)); -- the end
        INSERT INTO users ("id", name) VALUES (7, 'two
        lines');
        """;

    [Fact]
    public void Rows_of_copies_and_inserts_are_read_with_their_lines() =>
        RowsOf(Dump).Select(static row => $"{row.Line} {row["id"]} {row["name"]?.Replace('\n', '|') ?? "NULL"} {row["price"] ?? "NULL"}").ShouldBe(
        [
            "12 1 محمد \"أبو\" o'Neil; x 1.50", "13 2 NULL 2", "14 3 tab\there\\n 3", "19 4 it's; me 4.00", "19 5 NULL -5", "20 6 a|b 6",
            "21 7 two|lines NULL",
        ]);

    [Theory]
    [InlineData("COPY users (id) FROM stdin;\n1\n", "cut off")]
    [InlineData("INSERT INTO users (id) VALUES ('1", "cut off")]
    [InlineData("INSERT INTO users (id) VALUES (1),", "cut off")]
    [InlineData("INSERT INTO users (id) VALUES (1)", "cut off")]
    [InlineData("COPY users (id) FROM", "cut off")]
    [InlineData("INSERT INTO users (id, name) VALUES (1, 'a'), (2);", "1 values")]
    [InlineData("COPY users (id) FROM stdin;\n1\t2\n\\.\n", "2 values")]
    [InlineData("INSERT INTO users VALUES (1);\n", "columns of users are unknown")]
    [InlineData("INSERT INTO users (id) VALUES (now());\n", "expression")]
    [InlineData("INSERT INTO users (id) VALUES (1;\n", "does not end")]
    public void A_faulty_dump_is_named_with_its_line(string dump, string reason) =>
        Should.Throw<DumpFaultException>(() => RowsOf(dump)).Message.ShouldContain(reason);

    [Fact]
    public void A_CSV_file_has_quoted_fields_with_lines_and_nulls()
    {
        var rows = CsvTable.Read(new StringReader("\ufeffid,name\r\n1,\"a\n\"\"b\"\"\"\r\n\r\n2,\r\n"), "users").ToArray();
        rows.Select(static row => (row.Line, row["id"], row["NAME"])).ShouldBe([(2, "1", "a\n\"b\""), (5, "2", null)]);
        Should.Throw<DumpFaultException>(() => CsvTable.Read(new StringReader("id\n\"1"), "users").ToArray());
    }

    [Theory]
    [InlineData("id,name\n1,a\n2\n", "Line 3: A row of users has 1 values")]
    [InlineData("id,name\n1,a,b\n", "Line 2: A row of users has 3 values")]
    public void A_CSV_row_has_a_value_for_each_column(string csv, string reason) =>
        Should.Throw<DumpFaultException>(() => CsvTable.Read(new StringReader(csv), "users").ToArray()).Message.ShouldContain(reason);

    [Fact]
    public void Each_row_that_is_passed_over_is_counted()
    {
        const string Others =
            "COPY notes (id) FROM stdin;\n1\n2\n\\.\nINSERT INTO users (id) VALUES (1);\n"
            + "INSERT INTO public.tags (id, \"values\") VALUES (1, 'a (b), ''c''), (d'), (now(), NULL);\nINSERT INTO tags DEFAULT VALUES;\n";
        var passedOver = new List<string>();
        SqlDump.Read(new StringReader(Others), new HashSet<string> { "users" }, passedOver.Add).Count().ShouldBe(1);
        passedOver.ShouldBe(["notes", "notes", "tags", "tags"]);
    }

    /// <summary>An INSERT that this reader does not know must not end the import of other tables.</summary>
    [Theory]
    [InlineData("INSERT INTO audit (SELECT id, 'a' FROM users);", 1)]
    [InlineData("INSERT INTO audit (id, now()) VALUES (1);", 1)]
    [InlineData("INSERT INTO logs VALUES (E'a\\'b\\'c''d'), (E'it\\'s; (me), \\\\'), ('E\\', e'\\''), (1);", 4)]
    [InlineData("INSERT INTO logs VALUES (E'it\\'s;\n \\'); INSERT''\\'');');", 1)]
    public void An_unwanted_statement_is_counted_and_passed_over_whatever_it_is(string statement, int rows)
    {
        var passedOver = new List<string>();
        var dump = $"INSERT INTO users (id) VALUES (1);\n{statement}\nINSERT INTO users (id) VALUES (E'it\\'s; 2'), ('\\');\n";
        SqlDump.Read(new StringReader(dump), new HashSet<string> { "users" }, passedOver.Add).Select(static row => row["id"])
            .ShouldBe(["1", "it's; 2", "\\"]);
        passedOver.Count.ShouldBe(rows);
    }

    /// <summary>A product adds up with SUM, to which NULL adds nothing; a table without the column has a row for each use.</summary>
    [Theory]
    [InlineData("resume-ats", "usage_events", "feature", "amount", false, null, "1")]
    [InlineData("resume-ats", "usage_events", "feature", "amount", true, null, null)]
    [InlineData("trendit", "usage_records", "usage_type", "cost_units", true, "0", null)]
    [InlineData("trendit", "usage_records", "usage_type", "cost_units", true, "25", "25")]
    public void A_quantity_of_NULL_is_no_use(
        string product, string table, string feature, string quantity, bool hasColumn, string? value, string? expected)
    {
        string[] columns = ["id", "user_id", feature, "created_at"];
        string?[] values = ["7", "ann", "export", "2024-03-05 10:00:00"];
        var row = hasColumn ? new TableRow(table, [.. columns, quantity], [.. values, value], 1) : new TableRow(table, columns, values, 1);
        var tables = SeedTables.All.Single(one => one.Product == product);
        var records = new SeedMapping(tables, TimeZoneInfo.Utc).Map(row, out var reason);
        records.Select(static record => record.Fields["quantity"]!.GetValue<string>()).SingleOrDefault().ShouldBe(expected);
        reason.ShouldBe(expected is null ? "nothing was used" : null);
    }

    /// <summary>Times without an offset are of the given zone.</summary>
    [Theory]
    [InlineData("2024-03-05 10:00:00", "Etc/UTC", "2024-03-05T10:00:00Z")]
    [InlineData("2024-03-05 10:00:00.123456", "Africa/Cairo", "2024-03-05T08:00:00.123456Z")]
    [InlineData("2024-03-05 10:00:00+02", "Etc/UTC", "2024-03-05T08:00:00Z")]
    [InlineData("2024-03-05 10:00:00.5-03:30", "Etc/UTC", "2024-03-05T13:30:00.5Z")]
    [InlineData("2024-03-31 02:30:00", "Europe/Berlin", "2024-03-31T01:30:00Z")]
    [InlineData("2024-03", "Etc/UTC", "2024-03-01T00:00:00Z")]
    [InlineData("never", "Etc/UTC", "never")]
    public void Times_become_those_of_the_server(string text, string zone, string expected)
    {
        var tables = SeedTables.All.Single(static one => one.Product == "resume-ats");
        var row = new TableRow(
            "usage_events", ["id", "user_id", "feature", "amount", "created_at"], ["7", "ann", "ats_scan", "2", text], 1);
        var record = new SeedMapping(tables, TimeZoneInfo.FindSystemTimeZoneById(zone)).Map(row, out _).ShouldHaveSingleItem();
        record.Fields["occurred_at"]!.GetValue<string>().ShouldBe(expected);
        (record.Name, record.Amount, record.Fields["id"]!.GetValue<string>()).ShouldBe(
            ("ats_scan", Quantity.Of(2), "usage_events:7"));
    }

    private static TableRow[] RowsOf(string dump) =>
        [.. SqlDump.Read(new StringReader(dump), new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "users" })];
}
