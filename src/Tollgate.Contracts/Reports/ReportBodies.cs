using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Reports;

/// <param name="Type">
/// <c>text</c>, <c>number</c>, <c>minor</c> or <c>major</c> (units of the report's currency), <c>ratio</c> (1 is 100 %), <c>time</c>, or
/// <c>unit</c>: a figure in the unit that the column <c>unit</c> names.
/// </param>
public sealed record ReportColumnView(string Name, string Title, string Type);

/// <summary>A table of a report.</summary>
/// <param name="Source">The operation with the same figures.</param>
/// <param name="Rows">Texts in the order of the columns, as in a CSV file; null: no value.</param>
/// <param name="Total">The sums, in the order of the columns; null: the table has none.</param>
/// <param name="HasMore">True: the table has only its first rows, and the source has more.</param>
public sealed record ReportSectionView(
    string Name, string Title, string Source, IReadOnlyList<ReportColumnView> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows,
    IReadOnlyList<string?>? Total, bool HasMore);

/// <summary>Answer of <c>GET /v1/reports/{kind}</c> and <c>GET /v1/customers/{id}/reports/{kind}</c>.</summary>
/// <param name="Customer">Null: a report of the project.</param>
/// <param name="From">The first day, in the project's time zone.</param>
/// <param name="To">The last day, inclusive.</param>
/// <param name="Currency">The currency of the minor units.</param>
/// <param name="At">When Tollgate composed the report, in the project's time.</param>
public sealed record ReportView(
    string Kind, string Title, string Project, string? Customer, DateOnly From, DateOnly To, string Currency, DateTimeOffset At,
    IReadOnlyList<ReportSectionView> Sections, IReadOnlyList<string> Notes);

/// <summary>A report that Tollgate sends by mail after each period.</summary>
public sealed record ReportScheduleBody
{
    [Required]
    public string? Kind { get; init; }

    [Required]
    public string? Every { get; init; }

    /// <summary>E-mail addresses.</summary>
    [Required]
    public IReadOnlyList<string>? Recipients { get; init; }

    /// <summary>Default: pdf.</summary>
    public string? Format { get; init; }

    /// <summary>Required for customer reports, and for no others.</summary>
    public string? Customer { get; init; }

    /// <summary>Default: true.</summary>
    public bool? Enabled { get; init; }
}

/// <param name="NextAt">
/// When Tollgate sends the next report, in the project's time: 06:00 on the day after the period. Null: the schedule is disabled.
/// </param>
/// <param name="LastFrom">The first day of the last report; null: none yet.</param>
public sealed record ReportScheduleView(
    string Id, string Kind, string Every, string Format, IReadOnlyList<string> Recipients, string? Customer, bool Enabled,
    DateTimeOffset? NextAt, DateOnly? LastFrom, DateOnly? LastTo, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

public sealed record ReportScheduleList(IReadOnlyList<ReportScheduleView> Data, bool HasMore);
