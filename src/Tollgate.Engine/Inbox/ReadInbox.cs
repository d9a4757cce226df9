using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Inbox;
using Tollgate.Core.Payments;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Reads provider events, each once: it lets the provider's code parse an event, and applies the updates. Any number of servers may read;
/// if one dies, its events are read again, which changes nothing.
/// </summary>
public sealed class ReadInbox(
    NpgsqlDataSource database, ProjectDirectory directory, PaymentProviders providers, ApplyUpdate apply, SecretBox secrets, InboxBell bell,
    ParkedWork parked,
    ILogger<ReadInbox> log)
    : WokenLoop(bell, Interval, "Reading the inbox failed", log)
{
    /// <summary>The longest wait for events that another server received, and for those that are due again.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The time after which a taken event is free again, longer than any wait for a provider.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>The most events in progress on this server: 32 projects whose provider is silent leave room for others.</summary>
    private const int MostAtOnce = 256;

    /// <summary>The most events of one project in progress. They wait for their provider at the same time.</summary>
    private const int MostOfOneProject = 8;

    /// <summary>The number of events that Tollgate works on at the same time: they need connections, and the pool has about
    /// twenty.</summary>
    private const int Places = 8;

    /// <summary>The time for which an event keeps its place. Later it most likely waits for its provider, which takes no
    /// connection.</summary>
    private static readonly TimeSpan PlaceTime = TimeSpan.FromMilliseconds(250);

    /// <summary>The events in progress, with their projects.</summary>
    private readonly ConcurrentDictionary<Task, int> _going = new();
    private readonly SemaphoreSlim _places = new(Places);

    /// <summary>True if the last look left due events behind, because a share was used up.</summary>
    private volatile bool _hasMore;

    public override void Dispose()
    {
        _places.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_going.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task<bool> LookAsync(CancellationToken cancel)
    {
        await BeginAsync(cancel);
        return false;
    }

    /// <summary>Takes due events and reads them.</summary>
    /// <returns>The number of events, after all of them were read.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var begun = await BeginAsync(cancel);
        await Task.WhenAll(begun);
        return begun.Count;
    }

    /// <summary>Takes due events and begins to read each, independently of the others.</summary>
    private async Task<IReadOnlyList<Task>> BeginAsync(CancellationToken cancel)
    {
        var going = _going.Values.CountBy(static project => project).ToDictionary();
        var begun = new List<Task>();
        if (MostAtOnce - _going.Count is not (var free and > 0))
        {
            return begun;
        }

        foreach (var stored in await TakeAsync(free, going, cancel))
        {
            going[stored.ProjectId] = going.GetValueOrDefault(stored.ProjectId) + 1;
            var reading = InPlaceAsync(stored, cancel);
            begun.Add(reading);
            _going[reading] = stored.ProjectId;
            _ = reading.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        _hasMore = begun.Count == free || going.Values.Any(static count => count >= MostOfOneProject);
        return begun;
    }

    private void Ended(Task reading)
    {
        _going.TryRemove(reading, out _);
        if (_hasMore)
        {
            LookAgain();
        }
    }

    /// <summary>Reads an event while it has a place, or for longer than that if its provider is slow. No other code awaits it.</summary>
    private async Task InPlaceAsync(StoredEvent stored, CancellationToken cancel)
    {
        try
        {
            await _places.WaitAsync(cancel);
            Task reading;
            try
            {
                reading = ReadAsync(stored, cancel);
                await Task.WhenAny(reading, Task.Delay(PlaceTime, cancel));
            }
            finally
            {
                _places.Release();
            }

            await reading;
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            // The server stops. The event is due again after its lease.
        }
        catch (Exception away)
        {
            LoopMetrics.Failed("read_inbox");
            Log.LogWarning(
                "The event {Provider}:{Event} could not be read, and is read again after {Minutes} minutes: {Reason}",
                CatalogWords.Of(stored.Provider), stored.Event.Id, Lease.TotalMinutes, away.Message);
        }
    }

    private async Task ReadAsync(StoredEvent stored, CancellationToken cancel)
    {
        directory.Current.ProjectsById.TryGetValue(stored.ProjectId, out var project);
        var key = (Project: stored.ProjectId, Provider: CatalogWords.Of(stored.Provider), stored.Event.Id);
        ReadOutcome outcome;
        try
        {
            outcome = project is not null
                ? await ParseAsync(project, stored, cancel)
                : ReadOutcome.Later("This server does not know its project yet.");
        }
        catch (ProviderSilentException silent)
        {
            outcome = ReadOutcome.Later(silent.Message);
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested && ParkedWork.IsItsOwn(broken))
        {
            await PutOffAsync(key, stored.Attempts, broken, cancel);
            return;
        }

        try
        {
            await FinishAsync(key, stored.Attempts, outcome, cancel);
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested && ParkedWork.IsItsOwn(broken))
        {
            // PostgreSQL cannot store this result, for example an id that is too long for an index. The other events go on.
            await PutOffAsync(key, stored.Attempts, broken, cancel);
            return;
        }

        await parked.DoneAsync(WorkNames.Inbox, project, $"{key.Provider}:{key.Id}");
    }

    /// <summary>Schedules another reading. After two days the event itself is on the list of parked items.</summary>
    private async Task PutOffAsync((int Project, string Provider, string Id) key, int attempts, Exception broken, CancellationToken cancel)
    {
        await FinishAsync(
            key, attempts, ReadOutcome.Later($"It could not be applied ({broken.GetType().Name}); the server's log says why."), cancel);
        var (project, subject) = (directory.Current.ProjectsById.GetValueOrDefault(key.Project), $"{key.Provider}:{key.Id}");
        await (InboxRules.NextAfter(attempts) is { } pause
            ? parked.ParkAsync(WorkNames.Inbox, project, subject, broken, pause)
            : parked.DoneAsync(WorkNames.Inbox, project, subject));
    }

    private async Task<ReadOutcome> ParseAsync(ProjectSnapshot project, StoredEvent stored, CancellationToken cancel)
    {
        if (providers.Find(stored.Provider) is not { } provider)
        {
            return ReadOutcome.Later($"This server does not support {CatalogWords.Of(stored.Provider)}.");
        }

        var parsed = await provider.ParseAsync(project, stored.Event, cancel);
        var doubt = parsed.Unresolved;
        foreach (var update in parsed.Updates)
        {
            // An update that cannot be applied yet blocks no other, and concerns this event only if the event is about it.
            var why = await apply(project, stored.Provider, update, cancel);
            doubt ??= parsed.IsAbout(update) ? why : null;
        }

        return doubt is not null ? ReadOutcome.Later(doubt) : parsed.IsKnown ? ReadOutcome.Done : ReadOutcome.Ignored;
    }

    private readonly record struct ReadOutcome(InboxState State, Unresolved? Unresolved = null)
    {
        public static readonly ReadOutcome Done = new(InboxState.Done);

        public static readonly ReadOutcome Ignored = new(InboxState.Ignored);

        public static ReadOutcome Later(Unresolved why) => new(InboxState.Waiting, why);

        public static ReadOutcome Later(string reason) => Later(new Unresolved(reason));
    }

    private async Task FinishAsync(
        (int Project, string Provider, string Id) key, int attempts, ReadOutcome outcome, CancellationToken cancel)
    {
        var wait = outcome.State == InboxState.Waiting ? InboxRules.NextAfter(attempts) : null;
        var state = outcome.State == InboxState.Waiting && wait is null ? InboxState.Parked : outcome.State;
        var awaited = outcome.Unresolved?.WaitsFor;
        await using var command = database.Command(
            InboxSql.Finish, key.Project, key.Provider, key.Id, CatalogWords.Of(state),
            SqlCommands.OrNull(outcome.Unresolved?.Reason, NpgsqlDbType.Text), SqlCommands.OrNull(wait?.TotalSeconds, NpgsqlDbType.Double),
            SqlCommands.OrNull(awaited is null ? null : CatalogWords.Of(awaited.Fact), NpgsqlDbType.Text),
            SqlCommands.OrNull(awaited?.Id, NpgsqlDbType.Text));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<IReadOnlyList<StoredEvent>> TakeAsync(int most, IReadOnlyDictionary<int, int> going, CancellationToken cancel)
    {
        var broken = new List<UnreadableEvent>();
        IReadOnlyList<StoredEvent> taken;
        await using (var command = database.Command(
            InboxSql.Take, Lease.TotalSeconds, most, MostOfOneProject, going.Keys.ToArray(), going.Values.ToArray()))
        {
            taken = await StoredEvent.ReadAllAsync(command, secrets, cancel, broken.Add);
        }

        foreach (var one in broken)
        {
            await PutOffAsync((one.ProjectId, one.Provider, one.Id), one.Attempts, one.Fault, cancel);
        }

        return taken;
    }
}
