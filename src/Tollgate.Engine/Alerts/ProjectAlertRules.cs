using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>A rule with the times of its record.</summary>
public sealed record AlertRuleRow(AlertRule Rule, Instant CreatedAt, Instant UpdatedAt);

/// <summary>The rules of projects.</summary>
/// <param name="limits">The number of rules that a project may have.</param>
public sealed class ProjectAlertRules(NpgsqlDataSource database, ThingLimits limits)
{
    private const string Quiet = "in_app";
    private const string Logged = "in_app,log";

    /// <summary>The rules of a new project: alerts work before anybody configures them. No rule sends anything to anybody.</summary>
    private static readonly (AlertKind Kind, string Channels, AlertRepeat Repeat)[] First =
    [
        (AlertKind.UsageThreshold, Logged, AlertRepeat.Once), (AlertKind.PaymentFailed, Logged, AlertRepeat.Once),
        (AlertKind.SubscriptionCanceled, Quiet, AlertRepeat.Once), (AlertKind.WebhookFailed, Logged, AlertRepeat.Once),
        (AlertKind.UnknownModel, Logged, AlertRepeat.Once), (AlertKind.PriceChanged, Quiet, AlertRepeat.Once),
        (AlertKind.SystemError, Logged, AlertRepeat.Daily),
    ];

    /// <summary>The number of rules that a project may have.</summary>
    public int Most => limits.AlertRules;

    /// <summary>Returns the enabled rules of projects. Projects that never had rules get the first ones.</summary>
    internal static async Task<ILookup<int, AlertRule>> EnabledAsync(NpgsqlConnection connection, int[] projects, CancellationToken cancel)
    {
        await GiveFirstAsync(connection, null, cancel);
        await using var command = connection.Command(AlertRuleSql.Enabled, projects);
        return (await ReadAsync(command, cancel)).Select(static row => row.Rule).ToLookup(static rule => rule.Project);
    }

    /// <returns>Null: the project has the maximum number.</returns>
    public async Task<AlertRuleRow?> CreateAsync(AlertRule rule, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(AlertRuleSql.LockProject, cancel, rule.Project);
        await GiveFirstAsync(connection, rule.Project, cancel);
        await using (var count = connection.Command(AlertRuleSql.Count, rule.Project))
        {
            if ((long)(await count.ExecuteScalarAsync(cancel))! >= Most)
            {
                return null;
            }
        }

        var made = await OneAsync(Command(connection, AlertRuleSql.Insert, rule), cancel);
        await transaction.CommitAsync(cancel);
        return made;
    }

    /// <returns>Null: there is none.</returns>
    public async Task<AlertRuleRow?> ReplaceAsync(AlertRule rule, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await OneAsync(Command(connection, AlertRuleSql.Replace, rule), cancel);
    }

    public async Task<IReadOnlyList<AlertRuleRow>> ListAsync(ProjectSnapshot project, Guid? after, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await GiveFirstAsync(connection, project.Id, cancel);
        await using var command = connection.Command(AlertRuleSql.List, project.Id, SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit);
        return await ReadAsync(command, cancel);
    }

    public Task<AlertRuleRow?> FindAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        OneAsync(database.Command(AlertRuleSql.Show, project.Id, id), cancel);

    /// <summary>Deletes a rule. Its alerts stay.</summary>
    /// <returns>False: there is none.</returns>
    public async Task<bool> DeleteAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(AlertRuleSql.Delete, project.Id, id);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>True if the project has an endpoint that takes messages as Slack does.</summary>
    public async Task<bool> HasSlackAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(AlertRuleSql.HasSlack, project.Id);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <param name="project">Null: all projects.</param>
    internal static async Task GiveFirstAsync(NpgsqlConnection connection, int? project, CancellationToken cancel)
    {
        await using var command = connection.Command(
            AlertRuleSql.GiveFirst, SqlCommands.OrNull(project, NpgsqlDbType.Integer),
            Array.ConvertAll(First, static one => CatalogWords.Of(one.Kind)), Array.ConvertAll(First, static one => one.Channels),
            Array.ConvertAll(First, static one => CatalogWords.Of(one.Repeat)));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, AlertRule rule) => connection.Command(
        sql, rule.Id, rule.Project, CatalogWords.Of(rule.Kind), SqlCommands.OrNull(rule.Threshold?.Value, NpgsqlDbType.Numeric),
        SqlCommands.OrNull(rule.Severity is { } severity ? CatalogWords.Of(severity) : null, NpgsqlDbType.Text),
        rule.Channels.Select(CatalogWords.Of).ToArray(), rule.MailTo.ToArray(), SqlCommands.OrNull(rule.Quiet?.From, NpgsqlDbType.Time),
        SqlCommands.OrNull(rule.Quiet?.Until, NpgsqlDbType.Time), CatalogWords.Of(rule.Repeat), rule.IsEnabled);

    private static async Task<AlertRuleRow?> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            return (await ReadAsync(command, cancel)).SingleOrDefault();
        }
    }

    private static async Task<IReadOnlyList<AlertRuleRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (rows, row) = (new List<AlertRuleRow>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            // A newer server may have written a kind that this one does not know.
            if (CatalogWords.TryParse<AlertKind>(row.Text("kind"), out var kind))
            {
                rows.Add(new(RuleOf(row, kind), row.Time("created_at"), row.Time("updated_at")));
            }
        }

        return rows;
    }

    private static AlertRule RuleOf(RowReader row, AlertKind kind) => new(
        row.Id("id"), row.Whole("project_id"), kind,
        row.NumberOrNull("threshold") is { } threshold ? Quantity.Of(threshold) : null,
        row.TextOrNull("severity") is { } severity ? CatalogWords.Read<AlertSeverity>(severity) : null,
        [.. row.Value<string[]>("channels").Select(CatalogWords.Read<AlertChannel>)], row.Value<ulong>("since"))
    {
        MailTo = row.Value<string[]>("mail_to"),
        Quiet = row.IsNull("quiet_from") ? null : new(row.Value<TimeOnly>("quiet_from"), row.Value<TimeOnly>("quiet_until")),
        Repeat = CatalogWords.Read<AlertRepeat>(row.Text("repeat")),
        IsEnabled = row.Flag("enabled"),
    };
}
