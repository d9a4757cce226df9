using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Imports;

public enum ImportStatus
{
    /// <summary>Its body is arriving.</summary>
    Receiving,

    /// <summary>It waits for an earlier import of its project, or for the loop.</summary>
    Waiting,
    Running,
    Finished,

    /// <summary>Its body did not arrive completely. Nothing was booked.</summary>
    Failed,
}

/// <summary>An import as its row has it.</summary>
/// <param name="Number">The number that imported rows name.</param>
/// <param name="Records">Those read so far: booked, replayed and rejected ones.</param>
public sealed record ImportRow(
    Guid Id, int Number, int ProjectId, ImportFormat Format, ImportKind? Kind, string? Header, bool IsDryRun, ImportStatus Status,
    string? Error, long Bytes, long BytesDone, int Chunks, int Position, long Records, long Booked, long Replayed, long Rejected,
    Instant CreatedAt, Instant? StartedAt, Instant? FinishedAt)
{
    /// <summary>SHA-256 of the body; null: it is not received yet.</summary>
    internal byte[]? BodyHash { get; init; }

    internal static ImportRow Read(RowReader row) => new(
        row.Id("id"), row.Whole("number"), row.Whole("project_id"), CatalogWords.Read<ImportFormat>(row.Text("format")),
        row.TextOrNull("kind") is { } kind ? CatalogWords.Read<ImportKind>(kind) : null, row.TextOrNull("header"), row.Flag("is_dry_run"),
        CatalogWords.Read<ImportStatus>(row.Text("status")), row.TextOrNull("error"), row.Long("bytes"), row.Long("bytes_done"),
        row.Whole("chunks"), row.Whole("position"), row.Long("records"), row.Long("booked"), row.Long("replayed"), row.Long("rejected"),
        row.Time("created_at"), row.TimeOrNull("started_at"), row.TimeOrNull("finished_at"))
    {
        BodyHash = row.IsNull("body_hash") ? null : row.Value<byte[]>("body_hash"),
    };
}

/// <summary>A record that was not booked.</summary>
/// <param name="Line">The number of its first line in the body, from 1.</param>
/// <param name="Record">Its id; null: it has none.</param>
public sealed record ImportRejection(long Line, string? Record, ImportFault Fault)
{
    /// <summary>The customer that the record names; null: it could not be read.</summary>
    public string? Customer { get; init; }
}

/// <summary>Accepted records of a kind, a month and a name.</summary>
/// <param name="Name">A feature, a model, a plan or a currency; empty for customers.</param>
/// <param name="Amount">Units of use, dollars of calls, minor units of subscriptions and invoices, number of customers.</param>
public sealed record ImportSum(string Kind, DateOnly Month, string Name, long Records, decimal Amount);
