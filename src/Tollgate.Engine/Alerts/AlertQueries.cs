using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>A fired alert.</summary>
/// <param name="Rule">It may be deleted by now.</param>
/// <param name="Kind">A newer server may have written a kind that this one does not know.</param>
public sealed record AlertRow(
    long Number, Guid Id, Guid Rule, string Kind, string? Customer, string Subject, AlertSeverity Severity, string Title, string Detail,
    string? Recommendation, Instant At, bool IsTest)
{
    public Instant? ReadAt { get; init; }

    public Instant? AcknowledgedAt { get; init; }

    public Instant? MutedUntil { get; init; }

    public Instant? CustomerReadAt { get; init; }

    /// <summary>The numbers of a crossed threshold; null: it is about another fact.</summary>
    public CrossingData? Crossing { get; init; }

    internal static AlertRow Read(RowReader row) => new(
        row.Long("number"), row.Id("id"), row.Id("rule"), row.Text("kind"), row.TextOrNull("customer"), row.Text("subject"),
        CatalogWords.Read<AlertSeverity>(row.Text("severity")), row.Text("title"), row.Text("detail"), row.TextOrNull("recommendation"),
        row.Time("at"), row.Flag("is_test"))
    {
        ReadAt = row.TimeOrNull("read_at"), AcknowledgedAt = row.TimeOrNull("acknowledged_at"), MutedUntil = row.TimeOrNull("muted_until"),
        CustomerReadAt = row.TimeOrNull("customer_read_at"),
        Crossing = row.Text("data") is var data and not "{}" ? JsonSerializer.Deserialize(data, AlertJson.Stored.CrossingData) : null,
    };
}

/// <summary>Filters of a list of alerts. A null filter matches every alert.</summary>
public sealed record AlertFilter(string? Customer, bool IsUnread, AlertKind? Kind, AlertSeverity? Severity);

/// <summary>Lists alerts, and records that somebody has read, acknowledged or muted one.</summary>
public sealed class AlertQueries(NpgsqlDataSource database, Clock clock)
{
    private static readonly string[] KindsOfCustomers =
        [.. AlertKinds.InOrder.Where(static kind => kind.IsForCustomer).Select(static kind => CatalogWords.Of(kind.Kind))];

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<AlertRow>> ListAsync(
        ProjectSnapshot project, AlertFilter filter, Guid? after, int limit, CancellationToken cancel) => ReadAsync(
        database.Command(
            AlertSql.List, project.Id, SqlCommands.OrNull(filter.Customer, NpgsqlDbType.Text), filter.IsUnread,
            SqlCommands.OrNull(filter.Kind is { } kind ? CatalogWords.Of(kind) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(filter.Severity is { } severity ? CatalogWords.Of(severity) : null, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit),
        cancel);

    /// <summary>The alerts that a customer may see, newest first. Several rules that made an alert of one fact give one.</summary>
    public Task<IReadOnlyList<AlertRow>> ListOfCustomerAsync(
        ProjectSnapshot project, string customer, bool isUnread, Guid? after, int limit, CancellationToken cancel) => ReadAsync(
        database.Command(
            AlertSql.ListOfCustomer, project.Id, customer, KindsOfCustomers, isUnread, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit),
        cancel);

    public Task<AlertRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        OneAsync(database.Command(AlertSql.Show, project.Id, id), cancel);

    public Task<IReadOnlyList<AlertRow>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<Guid> ids, CancellationToken cancel) => ids.Count == 0
        ? Task.FromResult<IReadOnlyList<AlertRow>>([])
        : ReadAsync(database.Command(AlertSql.ShowSeveral, project.Id, ids.ToArray()), cancel);

    /// <summary>A repeat changes nothing.</summary>
    /// <returns>Null: there is none.</returns>
    public Task<AlertRow?> ReadByOperatorAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        OneAsync(database.Command(AlertSql.Read, project.Id, id, clock.Now(project).ToUtc()), cancel);

    /// <inheritdoc cref="ReadByOperatorAsync"/>
    public Task<AlertRow?> AcknowledgeAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        OneAsync(database.Command(AlertSql.Acknowledge, project.Id, id, clock.Now(project).ToUtc()), cancel);

    /// <summary>Until then, the channels get no alert of the same rule about the same subject.</summary>
    /// <returns>Null: there is none.</returns>
    public Task<AlertRow?> MuteAsync(ProjectSnapshot project, Guid id, Instant until, CancellationToken cancel) =>
        OneAsync(database.Command(AlertSql.Mute, project.Id, id, until.ToUtc()), cancel);

    /// <inheritdoc cref="ReadByOperatorAsync"/>
    public Task<AlertRow?> ReadByCustomerAsync(ProjectSnapshot project, string customer, Guid id, CancellationToken cancel) => OneAsync(
        database.Command(AlertSql.ReadByCustomer, project.Id, customer, id, clock.Now(project).ToUtc(), KindsOfCustomers), cancel);

    /// <summary>Fires a test of a rule at once, also in quiet hours.</summary>
    public async Task<AlertRow> TestAsync(ProjectSnapshot project, AlertRule rule, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var fired = new FiredAlert(
            rule, new TestFact(rule.Kind, now), Guid.CreateVersion7().ToString("D"), rule.Severity ?? AlertSeverity.Info, Instant.Epoch);
        Guid id;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            id = (await FireAlerts.InsertAsync(connection, project, [fired], isTest: true, cancel)).Single().Id;
        }

        return (await FindAsync(project, id, cancel))!;
    }

    private static async Task<AlertRow?> OneAsync(NpgsqlCommand command, CancellationToken cancel) =>
        (await ReadAsync(command, cancel)).SingleOrDefault();

    private static async Task<IReadOnlyList<AlertRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var (rows, row) = (new List<AlertRow>(), new RowReader(reader));
            while (await reader.ReadAsync(cancel))
            {
                rows.Add(AlertRow.Read(row));
            }

            return rows;
        }
    }
}
