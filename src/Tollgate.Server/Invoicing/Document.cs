using Tollgate.Core.Invoicing;
using Tollgate.Core.Time;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// What stands on a document, in its words and in its order. <see cref="InvoiceDocument"/> and <see cref="StatementDocument"/> write it;
/// <see cref="DocumentPdf"/> and <see cref="DocumentHtml"/> draw the same one, so that both say the same.
/// </summary>
internal sealed record Document
{
    /// <summary>Makes the file's id: the same for every rendering of the same document.</summary>
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

    /// <summary>The one amount that the reader looks for, and what it means.</summary>
    public required DocumentFact Headline { get; init; }

    public required DocumentTable Main { get; init; }

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

/// <summary>PAID, VOID, DRAFT: a stamp beside the title.</summary>
internal sealed record DocumentMark(string Text, MarkTone Tone);

internal sealed record DocumentFact(string Label, string Value);

internal enum ColumnKind
{
    /// <summary>Takes the room that the others leave, and wraps.</summary>
    Text,

    /// <summary>As wide as its longest entry, at the left.</summary>
    Word,

    /// <summary>As wide as its longest entry, at the right.</summary>
    Number,
}

internal sealed record DocumentColumn(string Label, ColumnKind Kind);

/// <param name="Cells">One for each column.</param>
/// <param name="Detail">Quietly, below the text of the row.</param>
internal sealed record DocumentRow(IReadOnlyList<string> Cells, string? Detail = null);

/// <param name="Title">Null: it needs none.</param>
/// <param name="Columns">One of them is of the kind Text.</param>
internal sealed record DocumentTable(string? Title, IReadOnlyList<DocumentColumn> Columns, IReadOnlyList<DocumentRow> Rows)
{
    public int TextColumn => Columns.Index().First(static column => column.Item.Kind == ColumnKind.Text).Index;
}

internal enum SumWeight
{
    Plain,

    /// <summary>Quietly, for what is contained in another sum.</summary>
    Quiet,

    /// <summary>With a rule above.</summary>
    Total,
}

/// <param name="Details">Quietly, below the label: what it is made up of.</param>
internal sealed record DocumentSum(
    string Label, string Amount, SumWeight Weight = SumWeight.Plain, IReadOnlyList<DocumentFact>? Details = null);
