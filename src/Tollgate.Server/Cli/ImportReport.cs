using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core;
using Tollgate.Core.Imports.Dumps;

namespace Tollgate.Server.Cli;

/// <summary>Compares the rows of a product with the records that the server accepted.</summary>
internal sealed class ImportReport
{
    private readonly SeedSource _source;
    private readonly JsonElement _import;
    private readonly List<Line> _lines = [];

    public ImportReport(SeedSource source, JsonElement import)
    {
        (_source, _import) = (source, import);
        var accepted = new Dictionary<(string, string), (long Records, decimal Amount)>();
        foreach (var sum in import.GetProperty("sums").EnumerateArray())
        {
            var key = (sum.GetProperty("kind").GetString()!, sum.GetProperty("name").GetString()!);
            var before = accepted.GetValueOrDefault(key);
            accepted[key] =
                (before.Records + sum.GetProperty("records").GetInt64(), before.Amount + sum.GetProperty("amount").GetDecimal());
        }

        foreach (var (key, read) in source.Sums.OrderBy(static one => one.Key))
        {
            var ours = accepted.GetValueOrDefault(key);
            _lines.Add(new(key.Kind, key.Name, read.Records, ours.Records, read.IsKnown ? read.Amount : null, ours.Amount));
        }
    }

    /// <summary>True: there were rows, the server accepted every record, and the sums agree.</summary>
    public bool IsWhole => _source.Rows.Count > 0 && Rejected == 0 && Text("status") == "finished"
        && _lines.TrueForAll(static line => line.Read == line.Accepted && (line.Amount ?? line.AcceptedAmount) == line.AcceptedAmount);

    private long Rejected => Number("rejected_count");

    /// <param name="Amount">Null: the product does not say.</param>
    private sealed record Line(string Kind, string Name, long Read, long Accepted, decimal? Amount, decimal AcceptedAmount);

    public string ToText()
    {
        var text = new StringBuilder();
        Table(
            text, ["table", "rows", "sent", "skipped"],
            _source.Rows.Select(static one => (string[])[
                one.Key, Of(one.Value.Rows), Of(one.Value.Sent), Of(one.Value.Rows - one.Value.Sent),
            ]));
        foreach (var ((table, reason), (rows, line)) in _source.Skipped)
        {
            text.Append(CultureInfo.InvariantCulture, $"skipped {rows} of {table}, the first in line {line}: {reason}\n");
        }

        foreach (var (table, rows) in _source.Unread)
        {
            var use = SeedTables.LookedUp.Contains(table) ? "plans and prices of subscriptions" : "not imported";
            text.Append(CultureInfo.InvariantCulture, $"{rows} of {table}: {use}\n");
        }

        if (_source.Rows.Count == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"No rows to import: the product's tables are {string.Join(", ", _source.Wanted)}.\n");
        }

        text.Append('\n');
        Table(
            text, ["kind", "name", "records read", "accepted", "amount read", "accepted", "difference"],
            _lines.Select(static line => (string[])[
                line.Kind, line.Name, Of(line.Read), Of(line.Accepted), line.Amount is { } amount ? Of(amount) : "-",
                Of(line.AcceptedAmount), Of((line.Amount ?? line.AcceptedAmount) - line.AcceptedAmount),
            ]));
        text.Append('\n');
        foreach (var one in Rejections())
        {
            text.Append(CultureInfo.InvariantCulture, $"{one.Place.Table} line {one.Place.Line}: {one.Code}: {one.Detail}\n");
        }

        if (Rejected > _import.GetProperty("rejected").GetArrayLength())
        {
            text.Append(CultureInfo.InvariantCulture, $"… and {Rejected - _import.GetProperty("rejected").GetArrayLength()} more\n");
        }

        var verb = _import.GetProperty("dry_run").GetBoolean() ? "would be booked" : "booked";
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Number("read")} records: {Number("booked")} {verb}, {Number("replayed")} known before, {Rejected} rejected. Import {Text("id")}.\n");
        return text.ToString();
    }

    public string ToJson()
    {
        var report = new JsonObject
        {
            ["import"] = JsonNode.Parse(_import.GetRawText()),
            ["tables"] = new JsonArray([.. _source.Rows.Select(static one => new JsonObject
            {
                ["table"] = one.Key, ["rows"] = one.Value.Rows, ["sent"] = one.Value.Sent,
            })]),
            ["skipped"] = new JsonArray([.. _source.Skipped.Select(static one => new JsonObject
            {
                ["table"] = one.Key.Table, ["reason"] = one.Key.Reason, ["rows"] = one.Value.Rows, ["first_line"] = one.Value.FirstLine,
            })]),
            ["unread"] = new JsonArray([.. _source.Unread.Select(static one => new JsonObject
            {
                ["table"] = one.Key, ["rows"] = one.Value,
            })]),
            ["sums"] = new JsonArray([.. _lines.Select(static line => new JsonObject
            {
                ["kind"] = line.Kind, ["name"] = line.Name, ["records"] = line.Read, ["accepted"] = line.Accepted, ["amount"] = line.Amount,
                ["accepted_amount"] = line.AcceptedAmount,
            })]),
            ["rejected"] = new JsonArray([.. Rejections().Select(static one => new JsonObject
            {
                ["table"] = one.Place.Table, ["line"] = one.Place.Line, ["code"] = one.Code, ["detail"] = one.Detail,
            })]),
        };
        return report.ToJsonString(PlainJson.Indented) + "\n";
    }

    private IEnumerable<(RowPlace Place, string Code, string Detail)> Rejections() =>
        _import.GetProperty("rejected").EnumerateArray().Select(one => (
            _source.Places[(int)one.GetProperty("line").GetInt64() - 1], one.GetProperty("code").GetString()!,
            one.GetProperty("detail").GetString()!));

    private static void Table(StringBuilder text, string[] head, IEnumerable<string[]> rows)
    {
        var all = rows.Prepend(head).ToArray();
        var widths = Enumerable.Range(0, head.Length).Select(at => all.Max(row => row[at].Length)).ToArray();
        foreach (var row in all)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, at) => at < 2 && head.Length > 4 || at == 0
                ? cell.PadRight(widths[at])
                : cell.PadLeft(widths[at]))).TrimEnd());
        }
    }

    private static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Of(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);

    private long Number(string name) => _import.GetProperty(name).GetInt64();

    private string Text(string name) => _import.GetProperty(name).GetString()!;
}
