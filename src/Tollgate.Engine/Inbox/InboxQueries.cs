using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Inbox;

public enum InboxState
{
    /// <summary>Tollgate reads it as soon as it is due.</summary>
    Waiting,
    Done,

    /// <summary>Its type does not concern Tollgate.</summary>
    Ignored,

    /// <summary>Tollgate could not apply it for two days: an operator must act.</summary>
    Parked,
}

/// <summary>An event of a provider, and its state.</summary>
/// <param name="DueAt">In real time; null: it is not read again.</param>
/// <param name="Reason">The reason why it is not done.</param>
public sealed record StoredEvent(
    int ProjectId, PaymentProvider Provider, ProviderEvent Event, Instant ReceivedAt, InboxState State, int Attempts, Instant? DueAt,
    string? Reason, Instant? DoneAt)
{
    /// <param name="passOver">Receives each event that cannot be read; null: the first one ends the reading.</param>
    internal static async Task<IReadOnlyList<StoredEvent>> ReadAllAsync(
        NpgsqlCommand command, SecretBox secrets, CancellationToken cancel, Action<UnreadableEvent>? passOver = null)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new List<StoredEvent>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            try
            {
                events.Add(Read(row, secrets));
            }
            catch (Exception broken) when (passOver is not null && broken is not NpgsqlException)
            {
                passOver(new(row.Whole("project_id"), row.Text("provider"), row.Text("id"), row.Whole("attempts"), broken));
            }
        }

        return events;
    }

    private static StoredEvent Read(RowReader row, SecretBox secrets) => new(
        row.Whole("project_id"),
        CatalogWords.Read<PaymentProvider>(row.Text("provider")),
        new(
            row.Text("id"), row.Text("type"), row.TextOrNull("object"),
            BodyOf(row, secrets),
            row.IsNull("happened_at") ? null : new DateTimeOffset(row.Value<DateTime>("happened_at"))),
        row.Time("received_at"),
        CatalogWords.Read<InboxState>(row.Text("state")),
        row.Whole("attempts"),
        row.TimeOrNull("due_at"),
        row.TextOrNull("reason"),
        row.TimeOrNull("done_at"));

    /// <summary>
    /// Returns the body. It is empty in a list, and if no master key of this server opens it: the event then waits, and is parked with the
    /// reader's message.
    /// </summary>
    private static string BodyOf(RowReader row, SecretBox secrets) => row.IsNull("body")
        ? ""
        : secrets.OpenText(row.Text("body"), SecretPlace.ProviderEvent(row.Whole("project_id"), row.Text("provider"), row.Text("id")))
        ?? "";
}

/// <summary>A row that this version cannot read, for example of a provider that it does not know.</summary>
internal sealed record UnreadableEvent(int ProjectId, string Provider, string Id, int Attempts, Exception Fault);

/// <summary>The filter of a list of events. A null property does not filter.</summary>
public sealed record InboxFilter(InboxState? State, PaymentProvider? Provider, string? Type);

/// <summary>Lists a project's provider events, and requests another reading of them.</summary>
public sealed class InboxQueries(NpgsqlDataSource database, SecretBox secrets, InboxBell bell)
{
    public async Task<StoredEvent?> FindAsync(ProjectSnapshot project, PaymentProvider provider, string id, CancellationToken cancel)
    {
        await using var command = database.Command(InboxSql.Find, project.Id, CatalogWords.Of(provider), id);
        return (await StoredEvent.ReadAllAsync(command, secrets, cancel)).SingleOrDefault();
    }

    /// <summary>Lists the newest first, without their bodies.</summary>
    /// <param name="after">The last event of the previous page.</param>
    public async Task<IReadOnlyList<StoredEvent>> ListAsync(
        ProjectSnapshot project, InboxFilter filter, (PaymentProvider Provider, string Id)? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            InboxSql.List,
            project.Id,
            SqlCommands.OrNull(filter.State is { } state ? CatalogWords.Of(state) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Provider is { } provider ? CatalogWords.Of(provider) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Type, NpgsqlDbType.Text),
            SqlCommands.OrNull(after is { } place ? CatalogWords.Of(place.Provider) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after?.Id, NpgsqlDbType.Text),
            limit);
        return await StoredEvent.ReadAllAsync(command, secrets, cancel);
    }

    /// <returns>False: there is no such event, or it is done.</returns>
    public async Task<bool> RetryAsync(ProjectSnapshot project, PaymentProvider provider, string id, CancellationToken cancel)
    {
        await using var command = database.Command(InboxSql.Retry, project.Id, CatalogWords.Of(provider), id);
        var isDue = await command.ExecuteNonQueryAsync(cancel) > 0;
        bell.Ring();
        return isDue;
    }

    /// <returns>The number of events.</returns>
    public async Task<int> RetryParkedAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(InboxSql.RetryParked, project.Id);
        var count = await command.ExecuteNonQueryAsync(cancel);
        bell.Ring();
        return count;
    }
}
