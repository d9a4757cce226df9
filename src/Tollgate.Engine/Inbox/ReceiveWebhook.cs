using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Inbox;

public enum ReceiveOutcome
{
    Stored,

    /// <summary>A repeat of a known event.</summary>
    Repeated,

    /// <summary>The signature belongs to no project, or is too old. The only trace is a line in the log.</summary>
    Refused,

    /// <summary>The signature is valid, but the body is not an event.</summary>
    Unreadable,

    /// <summary>The project has used up the room for events of a day: the provider sends the event again later.</summary>
    NoRoom,
}

/// <summary>
/// Receives a provider's webhook: it only verifies and stores it, so that the provider gets its answer fast. <see cref="ReadInbox"/> reads
/// it.
/// </summary>
public sealed class ReceiveWebhook(
    NpgsqlDataSource database, ProjectDirectory directory, PaymentProviders providers, ProviderKeys keys, SecretBox secrets, InboxBell bell,
    InboxMetrics metrics, EventRoom room, Clock clock,
    ILogger<ReceiveWebhook> log)
{
    /// <summary>The interval between log lines, for any number of refusals: the sender may be anybody. The metric counts each.</summary>
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    /// <summary>The time after which a project without room may send again: a 24th of its day has passed then.</summary>
    public static readonly TimeSpan PauseWithoutRoom = TimeSpan.FromHours(1);

    private long _loggedAt;
    private long _refused;
    private long _noRoomLoggedAt;

    /// <param name="only">
    /// The project; null: the signature determines it; among several projects with the same secret, the one that the event refers to,
    /// otherwise the oldest.
    /// </param>
    /// <param name="from">The sender's address, for the log.</param>
    public async Task<ReceiveOutcome> RunAsync(
        PaymentProvider name, WebhookRequest request, ProjectSnapshot? only, string? from, CancellationToken cancel)
    {
        var verdict = WebhookVerdict.Forged;
        if (providers.Find(name) is { } provider)
        {
            var (now, genuine) = (clock.Now().ToOffset(), new List<(ProjectSnapshot Project, ProviderEvent Event)>());
            IEnumerable<ProjectSnapshot> candidates = only is null
                ? directory.Current.ProjectsById.Values.OrderBy(static one => one.Id)
                : [only];
            foreach (var project in candidates)
            {
                if (keys.Open(project, name) is not { } credentials)
                {
                    continue;
                }

                var reading = provider.ReadWebhook(credentials, request, now);
                if (reading is { Verdict: WebhookVerdict.Genuine, Event: { } @event })
                {
                    genuine.Add((project, @event));
                }
                else
                {
                    verdict = reading.Verdict == WebhookVerdict.Forged ? verdict : reading.Verdict;
                }
            }

            if (genuine is [var (oldest, received), ..])
            {
                var owner = genuine.Count > 1
                    ? await provider.OwnerOfAsync([.. genuine.Select(static one => one.Project)], received, cancel)
                    : null;
                return await StoreAsync(owner ?? oldest, name, received, cancel);
            }
        }

        metrics.Refused(name, verdict);
        Log(name, from, verdict, request.Body.Length);
        return verdict == WebhookVerdict.Unreadable ? ReceiveOutcome.Unreadable : ReceiveOutcome.Refused;
    }

    private void Log(PaymentProvider name, string? from, WebhookVerdict verdict, int length)
    {
        Interlocked.Increment(ref _refused);
        if (IsTimeToLog(ref _loggedAt))
        {
            log.LogWarning(
                "Security: a webhook for {Provider} from {Address} was refused: {Verdict}, {Length} bytes. "
                    + "{Count} were refused since the last such line.",
                CatalogWords.Of(name), from, verdict, length, Interlocked.Exchange(ref _refused, 0));
        }
    }

    private static bool IsTimeToLog(ref long loggedAt)
    {
        var (last, now) = (Volatile.Read(ref loggedAt), Stopwatch.GetTimestamp());
        return (last == 0 || Stopwatch.GetElapsedTime(last, now) >= LogEvery)
            && Interlocked.CompareExchange(ref loggedAt, now, last) == last;
    }

    private async Task<ReceiveOutcome> StoreAsync(
        ProjectSnapshot project, PaymentProvider name, ProviderEvent @event, CancellationToken cancel)
    {
        if (!room.HasRoom(project.Id, Stopwatch.GetTimestamp()))
        {
            metrics.Refused(name, "no_room");
            if (IsTimeToLog(ref _noRoomLoggedAt))
            {
                log.LogWarning(
                    "Events of {Provider} for {Project} are refused with 429: the project has used up its room for events of a day "
                        + "(TOLLGATE_PROJECT_PROVIDER_EVENTS). The provider sends them again.",
                    CatalogWords.Of(name), project.Code);
            }

            return ReceiveOutcome.NoRoom;
        }

        await using var command = database.Command(
            InboxSql.Store, project.Id, CatalogWords.Of(name), @event.Id, @event.Type, SqlCommands.OrNull(@event.Object, NpgsqlDbType.Text),
            secrets.CloseText(@event.Body, SecretPlace.ProviderEvent(project.Id, CatalogWords.Of(name), @event.Id)),
            SqlCommands.OrNull(@event.HappenedAt?.UtcDateTime, NpgsqlDbType.TimestampTz));
        if (await command.ExecuteNonQueryAsync(cancel) == 0)
        {
            return ReceiveOutcome.Repeated;
        }

        room.Stored(project.Id, @event.Body.Length, Stopwatch.GetTimestamp());
        bell.Ring();
        return ReceiveOutcome.Stored;
    }
}

/// <summary>Wakes the reader of the inbox when an event arrives on this server.</summary>
public sealed class InboxBell : Bell;
