using System.Text;
using Tollgate.Core.Imports;

namespace Tollgate.Core.Tests.Imports;

/// <summary>Bodies of every shape, in pieces of every size: the records and the numbers of their lines.</summary>
public sealed class RecordCutterTests
{
    public static TheoryData<ImportFormat, string, string> Bodies => new()
    {
        { ImportFormat.Ndjson, "a\nb\n", "1:a 2:b" },
        { ImportFormat.Ndjson, "a\nb", "1:a 2:b" },
        { ImportFormat.Ndjson, "a\n\n\"b\n", "1:a 2: 3:\"b" },
        { ImportFormat.Ndjson, "", "" },
        { ImportFormat.Csv, "x,y\n1,2\n", "1:x,y 2:1,2" },
        { ImportFormat.Csv, "x\n\"a\nb\",c\nd\n", "1:x 2:\"a|b\",c 4:d" },
        { ImportFormat.Csv, "x\n\"a \"\"q\"\"\nb\"\nd\n", "1:x 2:\"a·\"\"q\"\"|b\" 4:d" },
        { ImportFormat.Csv, "x\n5\" pipe,\"y\"\nd\n", "1:x 2:5\"·pipe,\"y\" 3:d" },
        { ImportFormat.Csv, "x\nit\"s,2\nd\n", "1:x 2:it\"s,2 3:d" },
        { ImportFormat.Csv, "x\n,\"\"\nd\n", "1:x 2:,\"\" 3:d" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Records_and_lines_are_the_same_whatever_the_pieces(ImportFormat format, string body, string expected)
    {
        foreach (var size in (int[])[1, 2, 3, 1000])
        {
            Told(format, Encoding.UTF8.GetBytes(body), size).ShouldBe(expected, $"in pieces of {size}");
        }
    }

    [Theory]
    [InlineData(ImportFormat.Ndjson, "")]
    [InlineData(ImportFormat.Csv, "\"")]
    public void A_record_that_is_too_long_leaves_a_mark_and_the_next_one_keeps_its_line(ImportFormat format, string quote)
    {
        var breaks = format == ImportFormat.Csv ? "\n\n" : "";
        var body = $"a\n{quote}{new string('x', 10 * 1024 * 1024)}{breaks}{quote}\nb\n";
        var cutter = new RecordCutter(format);
        var kept = 0;
        for (var rest = Encoding.UTF8.GetBytes(body).AsMemory(); !rest.IsEmpty; rest = rest[cutter.Take(rest.Span)..])
        {
            kept.ShouldBe(0);
        }

        cutter.Finish();
        var chunk = cutter.TakeChunk();
        chunk.Length.ShouldBeLessThan(100);
        var records = RecordCutter.Read(chunk).ToArray();
        records.Select(static record => record.IsTooLong).ShouldBe([false, true, false]);
        records.Select(static record => record.Lines).ShouldBe([1, 1 + breaks.Length, 1]);
    }

    [Fact]
    public void A_chunk_has_a_bounded_number_of_records()
    {
        var cutter = new RecordCutter(ImportFormat.Ndjson);
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{}\n", ImportLimits.ChunkRecords + 1)));
        cutter.Take(body).ShouldBe(body.Length - 3);
        cutter.IsFull.ShouldBeTrue();
        RecordCutter.Read(cutter.TakeChunk()).Count().ShouldBe(ImportLimits.ChunkRecords);
        cutter.Take(body.AsSpan(body.Length - 3)).ShouldBe(3);
    }

    private static string Told(ImportFormat format, byte[] body, int size)
    {
        var cutter = new RecordCutter(format);
        foreach (var piece in body.Chunk(size))
        {
            cutter.Take(piece).ShouldBe(piece.Length);
        }

        cutter.Finish();
        var line = 1;
        var told = new List<string>();
        foreach (var record in RecordCutter.Read(cutter.TakeChunk()))
        {
            told.Add($"{line}:{Encoding.UTF8.GetString(record.Bytes.Span).Replace('\n', '|').Replace(' ', '·')}");
            line += record.Lines;
        }

        return string.Join(' ', told);
    }
}
