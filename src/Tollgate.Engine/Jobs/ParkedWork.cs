using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Jobs;

/// <summary>
/// Handles failing items of loops: it stores an item with its error and pauses it for a growing time, and the loop continues with the
/// others. All servers share the list. The statements by which loops take work skip paused items (<see cref="ParkedSql.NotParked"/>); work
/// on a whole project checks <see cref="Waits"/>.
/// </summary>
public sealed partial class ParkedWork(NpgsqlDataSource database, Clock clock, ILogger<ParkedWork> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <summary>
    /// Pauses vary by up to this much in both directions, so that a thousand items that failed together do not return together.
    /// </summary>
    private const int JitterPermille = 200;

    private const int LongestSubject = 500;
    private const int LongestError = 500;

    /// <summary>
    /// The characters of a message that are searched for secrets. They exceed the stored length, so that a secret at the cut is found
    /// whole.
    /// </summary>
    private const int LongestSearched = 4 * LongestError;

    private const string NoError = "The message could not be searched for secrets in time. The log of the server has it.";

    /// <summary>
    /// The most rows that each server caches. Beyond that a success leaves the row behind, which is deleted an hour later.
    /// </summary>
    private const int MostKnown = 10_000;

    private const int MostDue = 100;
    private const int ForgottenAtOnce = 1_000;

    private ConcurrentDictionary<(string Work, int Project, string Subject), Instant> _known = new();

    /// <summary>
    /// Runs one piece of work and parks it if it throws. If the database is unreachable, nothing is parked: the iteration itself fails.
    /// </summary>
    /// <param name="work">The kind of work: <see cref="WorkNames"/>.</param>
    /// <param name="project">Null: it belongs to no project.</param>
    /// <param name="subject">The item; empty: the whole project.</param>
    /// <returns>True if it succeeded.</returns>
    public async Task<bool> TryAsync(string work, ProjectSnapshot? project, string subject, Func<Task> run, CancellationToken cancel)
    {
        try
        {
            await run();
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested && !FailingLook.IsAway(broken))
        {
            await ParkAsync(work, project, subject, broken);
            return false;
        }

        await DoneAsync(work, project, subject);
        return true;
    }

    /// <summary>True if the failure concerns the item itself, and not an unreachable database.</summary>
    public static bool IsItsOwn(Exception broken) => !FailingLook.IsAway(broken);

    /// <summary>
    /// Returns the subjects of a work that are due again and belong to no project: for loops that do not take work row by row.
    /// </summary>
    public async Task<IReadOnlyList<string>> DueAsync(string work, CancellationToken cancel)
    {
        await using var command = database.Command(ParkedSql.Due, work, MostDue);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var due = new List<string>();
        while (await row.ReadAsync(cancel))
        {
            due.Add(row.GetString(0));
            _known.TryAdd((work, 0, due[^1]), clock.Now());
        }

        return due;
    }

    /// <summary>True if a failed item is paused now, by this server's cache, which is at most two seconds old.</summary>
    public bool Waits(string work, ProjectSnapshot? project, string subject = "") =>
        _known.TryGetValue((work, project?.Id ?? 0, subject), out var next) && clock.Now() < next;

    /// <summary>
    /// True if an item of a work is due again, by this server's cache: work that then succeeds together with others must leave the list.
    /// </summary>
    public bool AnyDue(string work) => _known.Any(one => one.Key.Work == work && one.Value <= clock.Now());

    /// <param name="pause">A pause of the work's own; null: the pause grows from 10 seconds to 6 hours.</param>
    public async Task ParkAsync(string work, ProjectSnapshot? project, string subject, Exception broken, TimeSpan? pause = null)
    {
        LoopMetrics.Failed(work);
        var cause = broken is AggregateException many ? many.GetBaseException() : broken;
        var (type, error) = (TypeOf(cause), WithoutSecrets(cause is PostgresException refused ? refused.MessageText : cause.Message));
        await using var command = database.Command(
            ParkedSql.Park, Guid.CreateVersion7(), work, SqlCommands.OrNull(project?.Id, NpgsqlDbType.Integer), Short(subject), type, error,
            FirstPause.TotalSeconds,
            LongestPause.TotalSeconds, (1000 + Random.Shared.Next(-JitterPermille, JitterPermille + 1)) / 1000.0,
            SqlCommands.OrNull(pause?.TotalSeconds, NpgsqlDbType.Double));
        await using var row = await command.ExecuteReaderAsync(CancellationToken.None);
        await row.ReadAsync(CancellationToken.None);
        var (attempts, next) = (row.GetInt32(0), Instant.FromUtc(row.GetDateTime(1)));
        _known[(work, project?.Id ?? 0, Short(subject))] = next;
        if (broken is OutsideUnavailableException)
        {
            // The loop logs it once for all of them, without names.
            return;
        }

        log.LogError(
            broken, "Parked: {Work} {Subject} of {Project} failed (attempt {Attempt}) and is tried again at {Next}: {Error}", work, subject,
            project?.Code ?? "the server",
            attempts, next, error);
    }

    /// <summary>Takes an item off the list. It costs nothing if the item never failed.</summary>
    public async Task DoneAsync(string work, ProjectSnapshot? project, string subject)
    {
        var key = (work, project?.Id ?? 0, Short(subject));
        if (!_known.ContainsKey(key))
        {
            return;
        }

        await using var command = database.Command(
            ParkedSql.Done, work, SqlCommands.OrNull(project?.Id, NpgsqlDbType.Integer), Short(subject));
        await command.ExecuteNonQueryAsync(CancellationToken.None);
        _known.TryRemove(key, out _);
    }

    /// <summary>Loads items that other servers have stored, and deletes those that no loop tries any more.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        await using (var forget = database.Command(ParkedSql.Forget, ForgottenAtOnce))
        {
            await forget.ExecuteNonQueryAsync(cancel);
        }

        var fresh = new ConcurrentDictionary<(string, int, string), Instant>();
        await using var command = database.Command(ParkedSql.Known, MostKnown);
        await using var row = await command.ExecuteReaderAsync(cancel);
        while (await row.ReadAsync(cancel))
        {
            fresh[(row.GetString(0), row.IsDBNull(1) ? 0 : row.GetInt32(1), row.GetString(2))] = Instant.FromUtc(row.GetDateTime(3));
        }

        _known = fresh;
    }

    private static string TypeOf(Exception broken) =>
        broken is PostgresException refused ? $"postgres_{refused.SqlState}" : broken.GetType().Name;

    private static string Short(string subject) => WellFormed.Cut(subject, LongestSubject);

    /// <summary>
    /// Removes everything that looks like a key: a message may quote text that could not be parsed. It also replaces NUL and half surrogate
    /// pairs, which PostgreSQL does not store. It first cuts the message, far beyond the stored length, to bound the search; if the search
    /// is still too slow, it stores none of the message.
    /// </summary>
    public static string WithoutSecrets(string message)
    {
        try
        {
            var text = LooksSecret().Replace(WellFormed.Cut(message, LongestSearched).Replace('\0', ' '), "…");
            return WellFormed.Cut(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), LongestError);
        }
        catch (RegexMatchTimeoutException)
        {
            return NoError;
        }
    }

    /// <summary>Keys of Tollgate and of providers by their prefixes, and any long run of letters and digits.</summary>
    [GeneratedRegex(
        """\b[a-z]{2,8}(_[a-z]+){1,3}_(?=[a-z_]*[A-Z0-9])[A-Za-z0-9+/=_-]{8,}|\bwhsec_[A-Za-z0-9+/=_-]+|\bsk-[A-Za-z0-9_-]{8,}|[A-Za-z0-9+=]{28,}""",
        RegexOptions.CultureInvariant, 100)]
    private static partial Regex LooksSecret();
}

/// <summary>The kinds of work that may be parked: their names in the list and in metrics.</summary>
public static class WorkNames
{
    public const string Projects = "projects";
    public const string Holds = "holds";
    public const string CallCosts = "call_costs";
    public const string GatewayJobs = "gateway_jobs";
    public const string Payments = "payments";
    public const string Refunds = "refunds";
    public const string ProviderLines = "provider_lines";
    public const string Checkouts = "checkouts";
    public const string Collections = "collections";
    public const string Inbox = "inbox";
    public const string SandboxWebhooks = "sandbox_webhooks";
    public const string Subscriptions = "subscriptions";
    public const string WebhookEvents = "webhook_events";
    public const string WebhookDeliveries = "webhook_deliveries";
    public const string AlertEvents = "alert_events";
    public const string AlertChecks = "alert_checks";
    public const string FeatureMonths = "feature_months";
    public const string RevenueDays = "revenue_days";
    public const string MailEvents = "mail_events";
    public const string Mails = "mails";
    public const string VatChecks = "vat_checks";
    public const string GrantSchedules = "grant_schedules";
    public const string ReportSchedules = "report_schedules";
    public const string Erasures = "erasures";
    public const string Imports = "imports";
    public const string Retention = "retention";

    public static IReadOnlyList<string> All { get; } =
    [
        AlertChecks, AlertEvents, CallCosts, Checkouts, Collections, Erasures, FeatureMonths, GatewayJobs, GrantSchedules, Holds, Imports,
        Inbox, MailEvents, Mails, Payments, Projects, ProviderLines, Refunds, ReportSchedules, Retention, RevenueDays, SandboxWebhooks,
        Subscriptions, VatChecks, WebhookDeliveries, WebhookEvents,
    ];
}

/// <summary>Keeps <see cref="ParkedWork"/> up to date, and counts parked items for the operator.</summary>
public sealed class ParkedLoop(ParkedWork parked, ParkedQueries queries, ProjectDirectory directory, ILogger<ParkedLoop> log)
    : Loop(Interval, "Reading the list of parked work failed", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Meter _meter = new("Tollgate");
    private readonly HashSet<string> _noted = [];
    private IReadOnlyDictionary<string, long>? _counts;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge(
            "tollgate.parked",
            () => Volatile.Read(ref _counts) is { } counts ? WorkNames.All.Select(work => Of(work, counts.GetValueOrDefault(work))) : [],
            "{thing}",
            "Failed background items that wait for a retry, by kind of work.");
        try
        {
            // Before any loop runs: a success only takes items off the list that this server has cached.
            await parked.RefreshAsync(cancellationToken);
        }
        catch (NpgsqlException away)
        {
            Log.LogWarning("The list of parked work could not be read: {Reason}", away.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task LookAsync(CancellationToken cancel)
    {
        await parked.RefreshAsync(cancel);
        await NoteProjectsAsync(cancel);
        Volatile.Write(ref _counts, await queries.CountAsync(cancel));
    }

    /// <summary>
    /// Parks projects that the directory could not read. The directory cannot do it, since it is read before anything else works.
    /// </summary>
    private async Task NoteProjectsAsync(CancellationToken cancel)
    {
        var broken = directory.Broken;
        foreach (var (project, fault) in broken)
        {
            if (!parked.Waits(WorkNames.Projects, null, project))
            {
                _noted.Add(project);
                await parked.ParkAsync(WorkNames.Projects, null, project, fault);
            }
        }

        foreach (var project in _noted.Concat(await parked.DueAsync(WorkNames.Projects, cancel))
            .Where(project => !broken.ContainsKey(project)).ToArray())
        {
            await parked.DoneAsync(WorkNames.Projects, null, project);
            _noted.Remove(project);
        }
    }

    private static Measurement<long> Of(string work, long count) => new(count, new KeyValuePair<string, object?>("work", work));
}
