using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Webhooks;

/// <summary>A receiver of a project's events.</summary>
/// <param name="Events">Types, groups such as <c>subscription.*</c>, or <c>*</c>.</param>
/// <param name="Sealed">Its secret, encrypted.</param>
/// <param name="PreviousUntil">The time until which the previous secret signs too.</param>
/// <param name="DisabledReason"><c>manual</c>; <c>gone</c>: it answered 410; or <c>failing</c>: it accepted nothing for days. Null: it is
/// enabled.</param>
/// <param name="Failures">The number of failed attempts since the last successful one.</param>
/// <param name="NotBefore">The time before which nothing is sent to it.</param>
public sealed record WebhookEndpoint(
    Guid Id, string Url, IReadOnlyList<string> Events, string? Description, byte[] Sealed, byte[]? PreviousSealed, Instant? PreviousUntil,
    Instant? DisabledAt,
    string? DisabledReason, int Failures, Instant? NotBefore, Instant CreatedAt, Instant UpdatedAt)
{
    /// <summary>The reason of an endpoint that a user disabled. For the others see <c>EndpointFault</c>.</summary>
    public const string Manual = "manual";

    /// <summary>The format of signed events.</summary>
    public const string Tollgate = "tollgate";

    /// <summary>The format of messages as Slack's incoming webhooks take them.</summary>
    public const string Slack = "slack";

    public static IReadOnlyList<string> Formats { get; } = [Tollgate, Slack];

    public string Format { get; init; } = Tollgate;
}

/// <summary>A change of an endpoint. Null values do not change.</summary>
/// <param name="Format">The format of a new endpoint, which never changes; null: Tollgate's.</param>
public sealed record EndpointChange(
    string? Url, IReadOnlyList<string>? Events, string? Description, bool? IsEnabled, string? Format = null);

/// <summary>The endpoints of projects. Every statement is bounded by the project.</summary>
public sealed class WebhookEndpoints(NpgsqlDataSource database)
{
    /// <summary>The maximum for a project, because each event is matched against each endpoint.</summary>
    public const int MostOfProject = 50;

    /// <summary>Creates an endpoint. The publication of a project's facts begins with its first endpoint.</summary>
    /// <param name="secret">Encrypted.</param>
    /// <returns>Null: the project has the maximum number.</returns>
    public async Task<WebhookEndpoint?> CreateAsync(
        ProjectSnapshot project, Guid id, EndpointChange order, byte[] secret, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync(connection.Command(WebhookSql.LockProject, project.Id), cancel);
        await using (var count = connection.Command(WebhookSql.CountEndpoints, project.Id))
        {
            if ((long)(await count.ExecuteScalarAsync(cancel))! >= MostOfProject)
            {
                return null;
            }
        }

        await ExecuteAsync(connection.Command(WebhookSql.BeginPublishing, project.Id), cancel);
        var made = await OneAsync(
            connection.Command(
                WebhookSql.InsertEndpoint, id, project.Id, order.Url, order.Events!.ToArray(),
                SqlCommands.OrNull(order.Description, NpgsqlDbType.Text), secret, order.Format ?? WebhookEndpoint.Tollgate),
            cancel);
        await transaction.CommitAsync(cancel);
        return made;
    }

    public async Task<IReadOnlyList<WebhookEndpoint>> ListAsync(ProjectSnapshot project, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(
            WebhookSql.ListEndpoints, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        return await ReadAsync(command, cancel);
    }

    public Task<WebhookEndpoint?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        OneAsync(database.Command(WebhookSql.ShowEndpoint, project.Id, id), cancel);

    /// <summary>Includes deleted endpoints.</summary>
    public async Task<IReadOnlyList<WebhookEndpoint>> FindSeveralAsync(
        ProjectSnapshot project, IReadOnlyCollection<Guid> ids, CancellationToken cancel)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var command = database.Command(WebhookSql.ShowEndpoints, project.Id, ids.ToArray());
        return await ReadAsync(command, cancel);
    }

    /// <returns>Null: there is none.</returns>
    public Task<WebhookEndpoint?> ChangeAsync(ProjectSnapshot project, Guid id, EndpointChange change, CancellationToken cancel) =>
        OneAsync(
        database.Command(
            WebhookSql.ChangeEndpoint, project.Id, id, SqlCommands.OrNull(change.Url, NpgsqlDbType.Text),
            SqlCommands.OrNull(change.Events?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
            SqlCommands.OrNull(change.Description, NpgsqlDbType.Text),
            SqlCommands.OrNull(change.IsEnabled, NpgsqlDbType.Boolean)),
        cancel);

    /// <summary>Sets a new secret. The present one also signs for the grace period; one before it stops signing.</summary>
    /// <param name="secret">Encrypted.</param>
    /// <returns>Null: there is none.</returns>
    public Task<WebhookEndpoint?> RotateAsync(
        ProjectSnapshot project, Guid id, byte[] secret, int graceSeconds, CancellationToken cancel) =>
        OneAsync(database.Command(WebhookSql.RotateSecret, project.Id, id, secret, graceSeconds), cancel);

    /// <summary>Deletes an endpoint and fails its open deliveries. Earlier deliveries remain visible.</summary>
    /// <returns>False: there is none.</returns>
    public async Task<bool> DeleteAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var delete = connection.Command(WebhookSql.DeleteEndpoint, project.Id, id);
        var isKnown = await delete.ExecuteNonQueryAsync(cancel) > 0;
        if (isKnown)
        {
            await ExecuteAsync(connection.Command(DeliverySql.GiveUpAll, id), cancel);
        }

        await transaction.CommitAsync(cancel);
        return isKnown;
    }

    private static async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static async Task<WebhookEndpoint?> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            return (await ReadAsync(command, cancel)).SingleOrDefault();
        }
    }

    private static async Task<IReadOnlyList<WebhookEndpoint>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<WebhookEndpoint>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                row.Id("id"), row.Text("url"), row.Value<string[]>("events"), row.TextOrNull("description"),
                row.Value<byte[]>("secret"),
                row.IsNull("previous_secret") ? null : row.Value<byte[]>("previous_secret"), row.TimeOrNull("previous_until"),
                row.TimeOrNull("disabled_at"), row.TextOrNull("disabled_reason"),
                row.Whole("failures"), row.TimeOrNull("not_before"),
                row.Time("created_at"), row.Time("updated_at")) { Format = row.Text("format") });
        }

        return rows;
    }
}
