using System.Net;
using System.Reflection;
using System.Text;
using Tollgate.Core.Invoicing;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// Writes a document as one self-contained page: it includes styles and logo, and has no script. Users wrote the texts of the document, so
/// every one passes <see cref="Safe"/>.
/// </summary>
internal sealed class DocumentHtml
{
    /// <summary>The content security policy of such a page: injected markup could load and run nothing.</summary>
    public const string ContentPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string Sheet = LoadSheet();

    private readonly StringBuilder _page = new();
    private readonly Document _source;

    private DocumentHtml(Document source) => _source = source;

    private InvoiceWords Words => _source.Locale.Words;

    public static string Write(Document source)
    {
        var html = new DocumentHtml(source);
        html.Open();
        html.Head();
        html.Parties();
        html.Headline();
        if (source.Main is { } main)
        {
            html.Table(main, "lines");
        }

        html.Sums();
        foreach (var note in source.Notes)
        {
            html.Add($"<p class=\"note\">{Lines(note)}</p>\n");
        }

        foreach (var table in source.Details)
        {
            html.Add($"<h2>{Safe(table.Title)}</h2>\n");
            html.Table(table, "details");
        }

        html.Close();
        return html._page.ToString();
    }

    private static string Safe(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>Encodes a text and isolates it, so that a right-to-left name does not reverse the words around it.</summary>
    private static string Own(string? text) => $"<bdi>{Safe(text)}</bdi>";

    private static string Lines(string text) => string.Join("<br>", text.ReplaceLineEndings("\n").Split('\n').Select(Own));

    private void Open() => Add(
        $"""
         <!doctype html>
         <html lang="{Safe(_source.Locale.Tag)}">
         <head>
         <meta charset="utf-8">
         <meta name="viewport" content="width=device-width, initial-scale=1">
         <meta name="color-scheme" content="light dark">
         <meta name="robots" content="noindex">
         <title>{Safe($"{_source.Title} {_source.Number}".Trim())}</title>
         <style>
         {Sheet}</style>
         </head>
         <body>
         <main>

         """);

    private void Head()
    {
        var logo = _source.Logo is { } picture
            ? $"<img class=\"logo\" alt=\"{Safe(_source.Seller?.Name)}\" "
                + $"src=\"data:{picture.Type};base64,{Convert.ToBase64String(picture.Bytes.Span)}\">"
            : $"<p class=\"seller\">{Own(_source.Seller?.Name)}</p>";
        var mark = _source.Mark is { } known ? $" <span class=\"mark {Class(known.Tone)}\">{Safe(known.Text)}</span>" : "";
        Add($"<header>\n{logo}\n<h1>{Safe(_source.Title)}{mark}</h1>\n</header>\n");
    }

    private static string Class(MarkTone tone) => tone switch { MarkTone.Good => "good", MarkTone.Bad => "bad", _ => "quiet" };

    private void Parties()
    {
        Add("<div class=\"top\">\n");
        Party(Words.From, _source.Seller);
        Party(Words.To, _source.Buyer);
        Add("<dl class=\"facts\">\n");
        foreach (var fact in _source.Facts)
        {
            Add($"<div><dt>{Safe(fact.Label)}</dt><dd>{Own(fact.Value)}</dd></div>\n");
        }

        Add("</dl>\n</div>\n");
    }

    private void Party(string label, InvoiceParty? party)
    {
        if (party is null)
        {
            return;
        }

        var lines = string.Join("<br>", DocumentParty.Lines(party, Words).Select(Own));
        Add($"<section class=\"party\"><h2>{Safe(label)}</h2><p><strong>{Own(party.Name)}</strong><br>{lines}</p></section>\n");
    }

    private void Headline()
    {
        if (_source.Headline is var (label, value))
        {
            Add($"<p class=\"headline\"><strong>{Safe(label)}</strong> {Safe(value)}</p>\n");
        }
    }

    private void Table(DocumentTable table, string kind)
    {
        Add($"<div class=\"wide\"><table class=\"{kind}\">\n<thead><tr>");
        foreach (var column in table.Columns)
        {
            Add($"<th scope=\"col\"{Class(column)}>{Safe(column.Label)}</th>");
        }

        Add("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            Add("<tr>");
            foreach (var (index, column) in table.Columns.Index())
            {
                Cell(table, row, index, column);
            }

            Add("</tr>\n");
        }

        Add("</tbody></table></div>\n");
    }

    /// <summary>On a phone a row becomes a card, in which each number has its label.</summary>
    private void Cell(DocumentTable table, DocumentRow row, int index, DocumentColumn column)
    {
        if (index == table.TextColumn)
        {
            var detail = row.Detail is { } words ? $"<small>{Own(words)}</small>" : "";
            Add($"<th scope=\"row\">{Lines(row.Cells[index])}{detail}</th>");
            return;
        }

        var empty = row.Cells[index].Length == 0 ? " data-empty" : "";
        Add($"<td{Class(column)} data-label=\"{Safe(column.Label)}\"{empty}>{Own(row.Cells[index])}</td>");
    }

    private static string Class(DocumentColumn column) =>
        column.Kind switch { ColumnKind.Number => " class=\"number\"", ColumnKind.Word => " class=\"word\"", _ => "" };

    private void Sums()
    {
        Add("<dl class=\"sums\">\n");
        foreach (var sum in _source.Sums)
        {
            var weight = sum.Weight switch { SumWeight.Total => " class=\"total\"", SumWeight.Quiet => " class=\"quiet\"", _ => "" };
            var details = string.Concat(
                (sum.Details ?? []).Select(static detail => $"<small>{Own(detail.Label)}: <span>{Safe(detail.Value)}</span></small>"));
            Add($"<div{weight}><dt>{Own(sum.Label)}{details}</dt><dd>{Safe(sum.Amount)}</dd></div>\n");
        }

        Add("</dl>\n");
    }

    private void Close()
    {
        var footer = _source.Footer is { } words ? $"<footer><p>{Lines(words.Trim())}</p></footer>\n" : "";
        Add($"{footer}</main>\n</body>\n</html>\n");
    }

    private void Add(string html) => _page.Append(html);

    private static string LoadSheet()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("invoicing/paper.css")!);
        return reader.ReadToEnd();
    }
}
