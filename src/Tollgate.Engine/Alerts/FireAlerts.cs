using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Alerts;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Alerts;

/// <summary>An alert as the channels get it.</summary>
/// <param name="IsPushed">True: its channels get it now.</param>
public sealed record WrittenAlert(
    Guid Id, int Project, Guid Rule, AlertKind Kind, string Subject, AlertSeverity Severity, IReadOnlyList<string> Channels, bool IsPushed,
    bool IsMuted)
{
    internal static WrittenAlert Read(RowReader row) => new(
        row.Id("id"), row.Whole("project_id"), row.Id("rule"), CatalogWords.Read<AlertKind>(row.Text("kind")), row.Text("subject"),
        CatalogWords.Read<AlertSeverity>(row.Text("severity")), row.Value<string[]>("channels"), row.Flag("is_pushed"),
        row.Flag("is_muted"));
}

/// <summary>The numbers of a crossing that an alert keeps.</summary>
public sealed record CrossingData(string Feature, int Percent, decimal Used, decimal Granted, DateTimeOffset PeriodStart);

/// <summary>Turns facts into alerts by the rules of their projects, in the caller's transaction.</summary>
public sealed class FireAlerts(Clock clock, ILogger<FireAlerts> log)
{
    /// <summary>
    /// The alerts of one rule that the channels get in an hour. The list has all; a mail or a message for each of ten thousand customers
    /// would only hide the others.
    /// </summary>
    public const int MostPushedInAnHour = 20;

    /// <summary>Writes the alerts of facts, once each. The caller commits, and then calls <see cref="Log"/>.</summary>
    /// <param name="facts">Facts of the project.</param>
    internal async Task<IReadOnlyList<WrittenAlert>> RunAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<AlertFact> facts, IReadOnlyList<AlertRule> rules,
        CancellationToken cancel)
    {
        var now = clock.Now(project);
        var fired = AlertRules.Fire(facts, rules, now, project.Zone);
        if (fired.Count == 0)
        {
            return [];
        }

        var written = await InsertAsync(connection, project, fired, isTest: false, cancel);
        var due = fired.Where(static one => one.PushAt == Instant.Epoch).Select(static one => (one.Rule.Id, one.Fact.Subject)).ToHashSet();
        var more = written.Where(one => one is { IsPushed: false, IsMuted: false } && due.Contains((one.Rule, one.Subject)))
            .Select(static one => one.Rule).Distinct().ToArray();
        await TellOfMoreAsync(connection, more, now, cancel);
        return written;
    }

    /// <summary>
    /// Writes log lines of alerts whose rule wants them. Without names: an operator's log may go to third parties. At most as warnings:
    /// errors are the server's own.
    /// </summary>
    internal void Log(IReadOnlyList<WrittenAlert> written, ProjectDirectory directory)
    {
        foreach (var alert in written.Where(static one => one.IsPushed && one.Channels.Contains(CatalogWords.Of(AlertChannel.Log))))
        {
            log.Log(
                alert.Severity == AlertSeverity.Info ? LogLevel.Information : LogLevel.Warning,
                "Alert {Alert} of {Project}: {Kind} ({Severity}), {Subject}", alert.Id,
                directory.Current.ProjectsById.GetValueOrDefault(alert.Project)?.Code, CatalogWords.Of(alert.Kind),
                CatalogWords.Of(alert.Severity), alert.Subject);
        }
    }

    /// <summary>Reports once an hour, by each of the rules, that the list has more alerts than the channels get.</summary>
    internal static async Task TellOfMoreAsync(NpgsqlConnection connection, Guid[] rules, Instant now, CancellationToken cancel)
    {
        if (rules.Length == 0)
        {
            return;
        }

        await using var command = connection.Command(
            AlertSql.InsertMore, Array.ConvertAll(rules, static _ => Guid.CreateVersion7()), rules,
            Array.ConvertAll(rules, _ => now.ToUtc()), "More alerts of one rule",
            $"A rule fired more than {MostPushedInAnHour} times within an hour. The channels get no more of them in this hour; "
                + "GET /v1/alerts lists all.");
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal static async Task<IReadOnlyList<WrittenAlert>> InsertAsync(
        NpgsqlConnection connection, ProjectSnapshot project, IReadOnlyList<FiredAlert> fired, bool isTest, CancellationToken cancel)
    {
        await using var command = connection.Command(
            AlertSql.Insert, Of(static _ => Guid.CreateVersion7()), Of(_ => project.Id), Of(static one => one.Rule.Id),
            Of(static one => one.Fact.Customer?.Id), Of(static one => one.Fact.Subject), Of(static one => one.Occasion),
            Of(static one => CatalogWords.Of(one.Severity)), Of(static one => Cut(one.Fact.Title, AlertText.LongestTitle)),
            Of(static one => Cut(one.Fact.Detail, AlertText.LongestDetail)), Of(static one => one.Fact.Recommendation),
            Of(static one => DataOf(one.Fact)), Of(static one => one.Fact.At.ToUtc()),
            new NpgsqlParameter
            {
                Value = Of(static one => one.PushAt?.ToUtc()), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
            },
            (long)MostPushedInAnHour, isTest);
        return await ReadAsync(command, cancel);

        T[] Of<T>(Func<FiredAlert, T> part) => [.. fired.Select(part)];
    }

    internal static async Task<IReadOnlyList<WrittenAlert>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (written, row) = (new List<WrittenAlert>(), new RowReader(reader));
        while (await reader.ReadAsync(cancel))
        {
            written.Add(WrittenAlert.Read(row));
        }

        return written;
    }

    private static string DataOf(AlertFact fact) => fact is CrossingFact crossing
        ? JsonSerializer.Serialize(
            new(crossing.Feature.Code, crossing.Percent, crossing.Used.Value, crossing.Granted.Value, crossing.PeriodStart.ToOffset()),
            AlertJson.Stored.CrossingData)
        : "{}";

    /// <summary>PostgreSQL stores neither NUL nor half a surrogate pair.</summary>
    private static string Cut(string text, int longest) => WellFormed.Cut(text.Replace('\0', ' '), longest);
}
