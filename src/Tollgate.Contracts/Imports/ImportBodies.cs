namespace Tollgate.Contracts.Imports;

/// <summary>An import of history. Every record that was read is in exactly one of booked, replayed and rejected.</summary>
public sealed record ImportView
{
    public required Guid Id { get; init; }

    /// <summary>
    /// <c>receiving</c>: the body is arriving · <c>waiting</c>: for an earlier import of the project · <c>running</c> · <c>finished</c> ·
    /// <c>failed</c>: the body did not arrive completely, and nothing was booked.
    /// </summary>
    public required string Status { get; init; }

    public required string Format { get; init; }

    /// <summary>The kind of all records; null: each record names its own.</summary>
    public string? Kind { get; init; }

    /// <summary>True: it books nothing, and counts what it would.</summary>
    public required bool DryRun { get; init; }

    /// <summary>The part of the body that is done, in percent.</summary>
    public required int Progress { get; init; }

    /// <summary>Bytes of the body.</summary>
    public required long Bytes { get; init; }

    /// <summary>Records read so far. Empty lines and the header are none.</summary>
    public required long Read { get; init; }

    public required long Booked { get; init; }

    /// <summary>Records that were booked under the same id before, or come twice in the body.</summary>
    public required long Replayed { get; init; }

    public required long RejectedCount { get; init; }

    /// <summary>The reason of <c>failed</c>.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The first 1,000 rejected records, in the order of their lines; null in a list.</summary>
    public IReadOnlyList<RejectedRecord>? Rejected { get; init; }

    /// <summary>
    /// Accepted records (booked now or before) by kind, month and name, to compare with the source; at most 2,000 rows. Null in a list.
    /// </summary>
    public IReadOnlyList<ImportSumView>? Sums { get; init; }
}

public sealed record ImportList(IReadOnlyList<ImportView> Data, bool HasMore);

/// <summary>A record that was not booked.</summary>
/// <param name="Line">The number of its first line in the body, from 1; the header of CSV is line 1.</param>
/// <param name="Id">Its id; null: it has none that can be shown.</param>
/// <param name="Code">An error code.</param>
public sealed record RejectedRecord(long Line, string? Id, string Code, string Detail);

/// <summary>Accepted records of one kind, month and name.</summary>
public sealed record ImportSumView
{
    public required string Kind { get; init; }

    /// <summary>A UTC month, such as <c>2024-03</c>.</summary>
    public required string Month { get; init; }

    /// <summary>The feature of usage, model of calls, plan of subscriptions, or currency of invoices; empty for customers.</summary>
    public required string Name { get; init; }

    public required long Records { get; init; }

    /// <summary>Units of usage, dollars of calls, minor units of subscriptions and invoices, number of customers.</summary>
    public required decimal Amount { get; init; }
}
