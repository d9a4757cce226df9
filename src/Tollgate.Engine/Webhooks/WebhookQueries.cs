using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Webhooks;

/// <summary>A published event.</summary>
/// <param name="Position">Its place in the project's order.</param>
/// <param name="OccurredAt">In the project's time.</param>
public sealed record WebhookEvent(
    long Position, Guid Id, string Type, string ObjectType, string Object, long Sequence, Instant OccurredAt, Instant PublishedAt,
    string Payload);

/// <summary>A delivery with its last attempt.</summary>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="DueAt">The time of its next attempt; null: it waits for an earlier one of its object, or has ended.</param>
public sealed record WebhookDelivery(
    long Number, Guid Id, Guid Endpoint, Guid Event, string Type, string ObjectType, string Object, long Sequence, string State,
    bool IsRedelivery, int Attempts,
    Instant? DueAt, Instant CreatedAt, Instant? FinishedAt, Instant? LastAttemptAt, int? LastStatus, string? LastError, string Payload);

/// <summary>Filters of a list of deliveries. A null filter matches every delivery.</summary>
public sealed record DeliveryFilter(Guid? Endpoint, Guid? Event, string? State);

/// <summary>The number of waiting deliveries, and of disabled endpoints by reason.</summary>
/// <param name="Waiting">Deliveries to enabled endpoints.</param>
public readonly record struct WebhookBacklog(long Waiting, long Manual, long Gone, long Failing);

/// <summary>Reads of events and deliveries. Every statement but that on the backlog is bounded by the project.</summary>
public sealed class WebhookQueries(NpgsqlDataSource database)
{
    private static readonly string[] ObjectTypes = Array.ConvertAll(Enum.GetValues<WebhookObject>(), CatalogWords.Of);
    /// <summary>The states of a delivery.</summary>
    public static readonly string[] States = ["waiting", "delivered", "failed"];

    /// <summary>Oldest first.</summary>
    /// <param name="after">A position; 0: from the oldest stored one.</param>
    public async Task<IReadOnlyList<WebhookEvent>> EventsAsync(
        ProjectSnapshot project, long after, string? type, string? @object, int limit, CancellationToken cancel)
    {
        object[] typed = type is null ? [] : [type];
        object[] about = @object is null ? [] : [@object, ObjectTypes];
        await using var command = database.Command(
            WebhookSql.ListEvents(type is not null, @object is not null), [project.Id, after, limit, .. typed, .. about]);
        return await EventsAsync(command, cancel);
    }

    public async Task<WebhookEvent?> FindEventAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(WebhookSql.ShowEvent, project.Id, id);
        return (await EventsAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>Newest first.</summary>
    /// <param name="before">The number of the last delivery of the previous page.</param>
    public async Task<IReadOnlyList<WebhookDelivery>> DeliveriesAsync(
        ProjectSnapshot project, DeliveryFilter filter, long? before, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            DeliverySql.List(filter), project.Id, before ?? long.MaxValue, limit, filter.State is { } state ? [state] : States,
            SqlCommands.OrNull(filter.Endpoint, NpgsqlDbType.Uuid), SqlCommands.OrNull(filter.Event, NpgsqlDbType.Uuid));
        return await DeliveriesAsync(command, cancel);
    }

    public async Task<WebhookDelivery?> FindDeliveryAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(DeliverySql.Show, project.Id, id);
        return (await DeliveriesAsync(command, cancel)).SingleOrDefault();
    }

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<DeliveryAttempt>> AttemptsAsync(WebhookDelivery delivery, CancellationToken cancel)
    {
        await using var command = database.Command(DeliverySql.Attempts, delivery.Number);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var attempts = new List<DeliveryAttempt>();
        while (await row.ReadAsync(cancel))
        {
            attempts.Add(new(
                row.GetInt16(0), Instant.FromUtc(row.GetDateTime(1)), row.GetString(2), row.GetString(3),
                row.IsDBNull(4) ? null : row.GetInt16(4),
                row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6), row.GetInt32(7)));
        }

        return attempts;
    }

    /// <summary>The backlog of all projects.</summary>
    /// <param name="most">The number of deliveries at which counting stops.</param>
    public async Task<WebhookBacklog> BacklogAsync(long most, CancellationToken cancel)
    {
        await using var command = database.Command(WebhookSql.Backlog, most);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    private static async Task<IReadOnlyList<WebhookEvent>> EventsAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new List<WebhookEvent>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            events.Add(new(
                row.Long("position"), row.Id("id"), row.Text("type"), row.Text("object_type"), row.Text("object"), row.Long("sequence"),
                row.Time("occurred_at"),
                row.Time("published_at"), row.Text("payload")));
        }

        return events;
    }

    private static async Task<IReadOnlyList<WebhookDelivery>> DeliveriesAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var deliveries = new List<WebhookDelivery>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            deliveries.Add(new(
                row.Long("number"), row.Id("id"), row.Id("endpoint"), row.Id("event"), row.Text("type"), row.Text("object_type"),
                row.Text("object"),
                row.Long("sequence"), row.Text("state"),
                row.Flag("redelivery"), row.Small("attempts"), row.TimeOrNull("due_at"), row.Time("created_at"),
                row.TimeOrNull("finished_at"), row.TimeOrNull("at"), row.SmallOrNull("status"),
                row.TextOrNull("error"), row.Text("payload")));
        }

        return deliveries;
    }
}
