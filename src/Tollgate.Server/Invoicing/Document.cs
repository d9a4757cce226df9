using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// The content of a document, in its language and order. <see cref="InvoiceDocument"/> and <see cref="StatementDocument"/> write it;
/// <see cref="DocumentPdf"/> and <see cref="DocumentHtml"/> draw it, so that both show the same.
/// </summary>
internal sealed record Document
{
    /// <summary>The source of the file's id, which is the same for every rendering of the same document.</summary>
    public required string Identity { get; init; }

    public required InvoiceLocale Locale { get; init; }

    public required string Title { get; init; }

    public string? Number { get; init; }

    public DocumentMark? Mark { get; init; }

    /// <summary>The file's date.</summary>
    public required Instant DatedAt { get; init; }

    public InvoiceParty? Seller { get; init; }

    public InvoiceParty? Buyer { get; init; }

    public required IReadOnlyList<DocumentFact> Facts { get; init; }

    /// <summary>The amount that matters most to the reader, and its meaning. A report has none, and no main table.</summary>
    public DocumentFact? Headline { get; init; }

    public DocumentTable? Main { get; init; }

    /// <summary>Below the main table, at its right.</summary>
    public required IReadOnlyList<DocumentSum> Sums { get; init; }

    /// <summary>Below the sums.</summary>
    public IReadOnlyList<DocumentTable> Details { get; init; } = [];

    public IReadOnlyList<string> Notes { get; init; } = [];

    public string? Footer { get; init; }

    public DocumentLogo? Logo { get; init; }
}

internal enum MarkTone
{
    Quiet,
    Good,
    Bad,
}

/// <summary>PAID, VOID, DRAFT: a stamp next to the title.</summary>
internal sealed record DocumentMark(string Text, MarkTone Tone);

internal sealed record DocumentFact(string Label, string Value);

internal enum ColumnKind
{
    /// <summary>Uses the width that the other columns leave, and wraps.</summary>
    Text,

    /// <summary>As wide as its longest entry, aligned left.</summary>
    Word,

    /// <summary>As wide as its longest entry, aligned right.</summary>
    Number,
}

internal sealed record DocumentColumn(string Label, ColumnKind Kind);

/// <param name="Cells">One for each column.</param>
/// <param name="Detail">A muted text below the text of the row.</param>
internal sealed record DocumentRow(IReadOnlyList<string> Cells, string? Detail = null)
{
    /// <summary>True for the sums of the rows above.</summary>
    public bool IsTotal { get; init; }
}

/// <param name="Title">Null: no title.</param>
/// <param name="Columns">One of them is of the kind Text.</param>
internal sealed record DocumentTable(string? Title, IReadOnlyList<DocumentColumn> Columns, IReadOnlyList<DocumentRow> Rows)
{
    public int TextColumn => Columns.Index().First(static column => column.Item.Kind == ColumnKind.Text).Index;
}

internal enum SumWeight
{
    Plain,

    /// <summary>Muted, for an amount that another sum contains.</summary>
    Quiet,

    /// <summary>With a rule above.</summary>
    Total,
}

/// <param name="Details">The parts of the sum, muted, below the label.</param>
internal sealed record DocumentSum(
    string Label, string Amount, SumWeight Weight = SumWeight.Plain, IReadOnlyList<DocumentFact>? Details = null);
