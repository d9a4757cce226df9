using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Inbox;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Inbox;

/// <summary>
/// Reads what providers told, once each: what the event says is asked of the provider's code, and applied. Any number of servers may read; an event that
/// one of them died with is read again, which changes nothing.
/// </summary>
public sealed class ReadInbox(
    NpgsqlDataSource database, ProjectDirectory directory, PaymentProviders providers, ApplyNews apply, SecretBox secrets, InboxBell bell, ILogger<ReadInbox> log)
    : WokenLoop(bell, Interval, "The inbox could not be read", log)
{
    /// <summary>What another server received, and what is due again, is seen after this time at the latest.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Longer than a provider is ever waited for.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private const int MostAtOnce = 32;

    /// <summary>Events that wait for their provider's answer at the same time.</summary>
    private const int Parallel = 8;

    protected override async Task<bool> LookAsync(CancellationToken cancel) => await RunAsync(cancel) == MostAtOnce;

    /// <returns>How many events were read.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var taken = await TakeAsync(cancel);
        await System.Threading.Tasks.Parallel.ForEachAsync(
            taken, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancel }, async (stored, stop) => await ReadAsync(stored, stop));
        return taken.Count;
    }

    private async Task ReadAsync(StoredEvent stored, CancellationToken cancel)
    {
        ReadOutcome outcome;
        try
        {
            outcome = directory.Current.ProjectsById.TryGetValue(stored.ProjectId, out var project)
                ? await TellAsync(project, stored, cancel)
                : ReadOutcome.Later("This server does not know its project yet.");
        }
        catch (ProviderSilentException silent)
        {
            outcome = ReadOutcome.Later(silent.Message);
        }
        catch (Exception broken) when (!cancel.IsCancellationRequested)
        {
            Log.LogError(broken, "Event {Event} of {Provider} could not be applied and is tried again", stored.Event.Id, CatalogWords.Of(stored.Provider));
            outcome = ReadOutcome.Later("It could not be applied; the server's log says why.");
        }

        await FinishAsync(stored, outcome, cancel);
    }

    private async Task<ReadOutcome> TellAsync(ProjectSnapshot project, StoredEvent stored, CancellationToken cancel)
    {
        if (providers.Find(stored.Provider) is not { } provider)
        {
            return ReadOutcome.Later($"This server cannot talk to {CatalogWords.Of(stored.Provider)}.");
        }

        var told = await provider.TellAsync(project, stored.Event, cancel);
        var doubt = told.Doubt;
        foreach (var news in told.News)
        {
            // What cannot be so yet keeps nothing else from being so, and concerns this event only where the event is about it.
            var why = await apply.RunAsync(project, stored.Provider, news, cancel);
            doubt ??= told.IsAbout(news) ? why : null;
        }

        return doubt is not null ? ReadOutcome.Later(doubt) : told.IsKnown ? ReadOutcome.Done : ReadOutcome.Ignored;
    }

    private readonly record struct ReadOutcome(InboxState State, string? Reason = null)
    {
        public static readonly ReadOutcome Done = new(InboxState.Done);

        public static readonly ReadOutcome Ignored = new(InboxState.Ignored);

        public static ReadOutcome Later(string reason) => new(InboxState.Waiting, reason);
    }

    private async Task FinishAsync(StoredEvent stored, ReadOutcome outcome, CancellationToken cancel)
    {
        var wait = outcome.State == InboxState.Waiting ? InboxRules.NextAfter(stored.Attempts) : null;
        var state = outcome.State == InboxState.Waiting && wait is null ? InboxState.Parked : outcome.State;
        await using var command = database.Command(
            InboxSql.Finish, stored.ProjectId, CatalogWords.Of(stored.Provider), stored.Event.Id, CatalogWords.Of(state),
            CustomerCommands.OrNull(outcome.Reason, NpgsqlDbType.Text), CustomerCommands.OrNull(wait?.TotalSeconds, NpgsqlDbType.Double));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<IReadOnlyList<StoredEvent>> TakeAsync(CancellationToken cancel)
    {
        await using var command = database.Command(InboxSql.Take, Lease.TotalSeconds, MostAtOnce);
        return await StoredEvent.ReadAllAsync(command, secrets, cancel);
    }
}
