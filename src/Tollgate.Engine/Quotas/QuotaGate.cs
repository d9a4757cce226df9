using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Quotas;

/// <summary>
/// The single entry to decisions, for endpoints, the gateway and the seed doors. It resolves names, bounds times and hands the rest to the
/// lane of the customer; the lane decides and records in one durable transaction.
/// </summary>
public sealed class QuotaGate(LedgerLanes lanes, LedgerOptions options, Database database, Clock clock, ServerPresence presence)
    : IDisposable
{
    /// <summary>
    /// Connections of the pool that look for a hold by its id alone, at one time: requests about holds take no place of their project's
    /// share. One look-up takes a millisecond.
    /// </summary>
    private const int LookUps = 3;

    private readonly SemaphoreSlim _lookUps = new(LookUps);

    public void Dispose() => _lookUps.Dispose();

    /// <summary>
    /// Checks whether a use is allowed and changes nothing. Answers from memory if memory is current, else from the database.
    /// </summary>
    public async ValueTask<GateAnswer> CheckAsync(
        ProjectSnapshot project, string customer, string feature, Quantity amount, CancellationToken cancel)
    {
        if (!project.Catalog.Features.TryGetValue(feature, out var entry))
        {
            return GateAnswer.Of(GateFault.FeatureUnknown);
        }

        if (entry.Feature.Kind == FeatureKind.Value)
        {
            return GateAnswer.Of(GateFault.FeatureNotMetered);
        }

        var now = clock.Now(project);
        var (account, fault) = await AccountAsync(project, customer, now, asks: f => f.Key == entry.Key, cancel);
        if (fault != GateFault.None)
        {
            return GateAnswer.Of(fault);
        }

        var seen = account ?? UnknownCustomer(project, customer);
        var verdict = AccountRules.Check(seen, entry, amount, now);
        return new(GateFault.None, BatchDeciding.DecisionOf(verdict, seen), null, false);
    }

    /// <summary>Decides and records. A denial leaves only a count.</summary>
    public ValueTask<GateAnswer> ConsumeAsync(ProjectSnapshot project, ConsumeOrder order, CancellationToken cancel)
    {
        if (!project.Catalog.Features.TryGetValue(order.Feature, out var feature))
        {
            return new(GateAnswer.Of(GateFault.FeatureUnknown, order.Id));
        }

        if (feature.Feature.Kind == FeatureKind.Value)
        {
            return new(GateAnswer.Of(GateFault.FeatureNotMetered, order.Id));
        }

        if (feature.Feature.IsLevel)
        {
            return new(GateAnswer.Of(GateFault.LevelNotConsumed, order.Id));
        }

        var effects = MeteringRules.EffectsOfConsume(project.Catalog, feature, order.Amount, order.PropertiesJson);
        var op = UseOf(
            project, null, order.Customer, order.Id, order.Feature, order.Amount, effects, order.OccurredAt, order.PropertiesJson,
            enforce: true,
            isOfToken: order.IsOfToken, originJson: order.OriginJson);
        return op.Answer is { } fault ? new(fault) : RunAsync(op, cancel);
    }

    /// <summary>
    /// Records facts, or with <see cref="EventOrder.Enforce"/> decides each. Answers in the order of <paramref name="orders"/>. Waits for
    /// room in the lanes instead of refusing, which slows the sender of a stream down.
    /// </summary>
    public async ValueTask<IReadOnlyList<GateAnswer>> RecordAsync(
        ProjectSnapshot project, IReadOnlyList<EventOrder> orders, CancellationToken cancel)
    {
        await lanes.NewCustomers.WaitAsync(project.Id, cancel);
        var ops = new UseOp[orders.Count];
        var ticket = new LaneTicket(orders.Count);
        var byLane = new Dictionary<Lane, List<UseOp>>();
        for (var i = 0; i < ops.Length; i++)
        {
            var order = orders[i];
            var effects = MeteringRules.EffectsOf(project.Catalog, order.Metered);
            var op = UseOf(
                project, ticket, order.Customer, order.Id, order.Type, order.Quantity, effects, order.OccurredAt, order.PropertiesJson,
                order.Enforce,
                order.ComputedJson, onOwnRows: order.OnOwnAccount, isOfToken: order.IsOfToken, readable: order.Readable);
            if (op.Answer is null && project.Catalog.Document.UnmatchedEvents == UnmatchedEvents.Refuse
                && MeteringRules.IsUnmatched(project.Catalog, order.Metered))
            {
                op.Answer = GateAnswer.Of(GateFault.Unmatched, order.Id);
            }

            ops[i] = op;
            if (op.Answer is not null)
            {
                op.End();
                continue;
            }

            var lane = lanes.LaneOf(op);
            if (!byLane.TryGetValue(lane, out var items))
            {
                byLane[lane] = items = [];
            }

            items.Add(op);
        }

        foreach (var (lane, items) in byLane)
        {
            foreach (var part in BulkParts.Of(lane, items))
            {
                await lane.EnqueueAsync(part, cancel);
            }
        }

        if (ops.Length > 0)
        {
            await ticket.Done;
        }

        return [.. ops.Zip(orders, (op, order) => op.Failure is { } failure ? throw failure
            : op.Answer is { Fault: GateFault.None } answer && MeteringRules.IsUnmatched(project.Catalog, order.Metered)
            ? answer with { IsUnmatched = true }
            : op.Answer!)];
    }

    /// <summary>
    /// Holds everything that an event is expected to use, all or nothing, or refuses. The answer has no id if nothing could ever be
    /// refused: then nothing is held, and nothing was written.
    /// </summary>
    /// <param name="grows">The event already holds something: this call holds its further amounts, and does not count its occurrence
    /// again.</param>
    public async ValueTask<GateAnswer> ReserveForAsync(
        ProjectSnapshot project, EventOrder expected, TimeSpan timeToLive, bool grows, CancellationToken cancel)
    {
        if (MeteringRules.EffectsOf(project.Catalog, expected.Metered) is not { } all)
        {
            return GateAnswer.Of(GateFault.ValueInvalid);
        }

        var effects = new List<Effect>(all.Count);
        foreach (var effect in all)
        {
            if (AggregateRules.HeldFor(effect, grows) is { } held)
            {
                effects.Add(held);
            }
        }

        var now = clock.Now(project);
        var partition = CustomerPlace.PartitionOf(project.Id, expected.Customer);
        if (effects.Count == 0
            || Known(project, expected.Customer, partition) is { } account
            && effects.TrueForAll(effect => AccountRules.IsUnlimited(account, effect.Feature)))
        {
            return GateAnswer.Nothing;
        }

        return await RunAsync(
            new ReserveOp
            {
                Project = project, Customer = expected.Customer, Partition = partition, Now = now, IdGiven = false,
                Id = EventKey.Generate(clock.Now()).Id, Reference = null, Effects = effects, TimeToLive = timeToLive,
            }, cancel);
    }

    /// <summary>
    /// Records the true use of an event and releases its holds, in one decision. The use has happened, so no limit refuses it, and the call
    /// waits for room in the lane. Repeating it with the same id replays.
    /// </summary>
    /// <param name="holds">Ids of <see cref="ReserveForAsync"/>. Expired holds are ignored; the event counts all the same.</param>
    public async ValueTask<GateAnswer> SettleAsync(
        ProjectSnapshot project, EventOrder happened, IReadOnlyList<Guid> holds, CancellationToken cancel)
    {
        var op = UseOf(
            project, null, happened.Customer, happened.Id, happened.Type, happened.Quantity,
            MeteringRules.EffectsOf(project.Catalog, happened.Metered), happened.OccurredAt,
            happened.PropertiesJson, enforce: false, happened.ComputedJson, holds, readable: happened.Readable);
        if (op.Answer is { } fault)
        {
            return fault;
        }

        await lanes.EnqueueAsync(op, cancel);
        return await op.AnswerAsync();
    }

    /// <summary>Holds units of one or more features, all or nothing.</summary>
    public async ValueTask<GateAnswer> ReserveAsync(ProjectSnapshot project, ReserveOrder order, CancellationToken cancel)
    {
        var effects = new List<Effect>(order.Amounts.Count);
        foreach (var (code, amount) in order.Amounts)
        {
            if (!project.Catalog.Features.TryGetValue(code, out var feature))
            {
                return GateAnswer.Of(GateFault.FeatureUnknown, order.Id);
            }

            if (feature.Feature.Kind != FeatureKind.Metered)
            {
                return GateAnswer.Of(GateFault.FeatureNotMetered, order.Id);
            }

            if (feature.Feature.IsLevel)
            {
                return GateAnswer.Of(GateFault.LevelNotConsumed, order.Id);
            }

            effects.Add(Effect.OfUnits(feature, amount));
        }

        var now = clock.Now(project);
        var key = order.Id is null ? EventKey.Generate(clock.Now()) : EventKey.Parse(order.Id, clock.Now());
        return await RunAsync(
            new ReserveOp
            {
                Project = project, Customer = order.Customer, Partition = CustomerPlace.PartitionOf(project.Id, order.Customer),
                Now = now, IdGiven = order.Id is not null, Id = key.Id, Reference = key.Text, Effects = effects,
                TimeToLive = order.TimeToLive ?? options.HoldTimeToLive,
            }, cancel);
    }

    /// <summary>
    /// Settles with the true amounts; null settles the reserved amounts. An amount without a feature applies to the only feature.
    /// </summary>
    public async ValueTask<GateAnswer> SettleAsync(
        ProjectSnapshot project, string hold, string? customer, IReadOnlyList<FeatureAmount>? amounts, CancellationToken cancel)
    {
        List<FeatureQuantity>? quantities = null;
        foreach (var (code, amount) in amounts ?? [])
        {
            if (code.Length == 0)
            {
                (quantities ??= []).Add(new(HoldOp.OnlyFeature, amount));
                continue;
            }

            if (!project.Catalog.Features.TryGetValue(code, out var feature))
            {
                return GateAnswer.Of(GateFault.FeatureUnknown, hold);
            }

            if (feature.Feature.Kind != FeatureKind.Metered)
            {
                return GateAnswer.Of(GateFault.FeatureNotMetered, hold);
            }

            (quantities ??= []).Add(new(feature.Key, amount));
        }

        return await OnHoldAsync(project, hold, customer, HoldVerb.Settle, quantities, null, cancel);
    }

    public ValueTask<GateAnswer> ExtendAsync(
        ProjectSnapshot project, string hold, string? customer, TimeSpan? timeToLive, CancellationToken cancel) =>
        OnHoldAsync(project, hold, customer, HoldVerb.Extend, null, timeToLive ?? options.HoldTimeToLive, cancel);

    public ValueTask<GateAnswer> ReleaseAsync(ProjectSnapshot project, string hold, string? customer, CancellationToken cancel) =>
        OnHoldAsync(project, hold, customer, HoldVerb.Release, null, null, cancel);

    /// <summary>Records the reversing event. Without a customer, it searches the event under every customer of the project.</summary>
    public async ValueTask<GateAnswer> VoidAsync(ProjectSnapshot project, string eventId, string? customer, CancellationToken cancel)
    {
        var id = EventKey.Sought(eventId, clock.Now());
        if (customer is null)
        {
            var (place, fault) = await LedgerQueries.FindEventAsync(database, project.Id, id, cancel);
            return fault == GateFault.None ? await RunAsync(Void(place.Customer, onOwnRows: true), cancel) : GateAnswer.Of(fault, eventId);
        }

        var voiding = Void(customer, onOwnRows: false);
        var answer = await RunAsync(voiding, cancel);

        // An event from before the customer became a member is stored on its own account.
        return answer.Fault == GateFault.EventUnknown && voiding.Member is not null
            ? await RunAsync(Void(customer, onOwnRows: true), cancel)
            : answer;

        VoidOp Void(string account, bool onOwnRows) => new()
        {
            Project = project, Customer = account, Partition = CustomerPlace.PartitionOf(project.Id, account), Now = clock.Now(project),
            EventId = id, OnOwnRows = onOwnRows,
        };
    }

    /// <summary>Returns the plan and the standing of every feature. Never creates the customer.</summary>
    public async ValueTask<CustomerStanding?> StandingAsync(ProjectSnapshot project, string customer, CancellationToken cancel)
    {
        var now = clock.Now(project);
        var (account, fault) = await AccountAsync(project, customer, now, asks: _ => true, cancel);
        if (fault != GateFault.None)
        {
            return null;
        }

        var seen = account ?? UnknownCustomer(project, customer);
        var features = seen.Terms.Current.Entitlements.Select(static pair => pair.Key).Where(project.Catalog.FeaturesByKey.ContainsKey)
            .Select(k => project.Catalog.FeatureOf(k)).OrderBy(f => f.Feature.SortOrder).ThenBy(f => f.Key)
            .Select(f => StandingOf(seen, f, now)).ToList();
        return new(customer, account is not null, seen.Plan, features, now);
    }

    private static FeatureStanding StandingOf(AccountState account, FeatureEntry feature, Instant now)
    {
        var facts = account.ViewOf(feature).StoredFacts(now);
        var counted = AccountRules.IsCounted(feature, facts.Entitlement);
        return new(
            feature, facts.Entitlement!, counted ? facts.Standing : null, facts.Balance.Denied,
            GrantRules.HeldBack(facts.Standing, facts.Grants));
    }

    /// <summary>
    /// Called after something outside the lanes changed what a customer may do (plan, override, grant), once the change
    /// is committed: the next decision and the next read on this server see it. A caller who has hung up meanwhile does not stop it: the
    /// change is there, so it must be seen.
    /// </summary>
    public async ValueTask ForgetAsync(ProjectSnapshot project, string customer)
    {
        var op = new ForgetOp
        {
            Project = project, Customer = customer, Partition = CustomerPlace.PartitionOf(project.Id, customer), Now = clock.Now(project),
            OnOwnRows = true,
        };
        await lanes.EnqueueAsync(op, CancellationToken.None);
        await op.AnswerAsync();
    }

    private async ValueTask<GateAnswer> OnHoldAsync(
        ProjectSnapshot project, string hold, string? customer, HoldVerb verb, IReadOnlyList<FeatureQuantity>? amounts,
        TimeSpan? timeToLive,
        CancellationToken cancel)
    {
        var id = EventKey.Parse(hold, clock.Now()).Id;
        if (customer is not null)
        {
            var answer = await RunAsync(OnHold(customer, onOwnRows: false), cancel);
            if (answer.Fault != GateFault.HoldUnknown)
            {
                return answer;
            }
        }

        var (place, fault) = await FindHoldAsync(project.Id, id, cancel);
        if (fault != GateFault.None)
        {
            return GateAnswer.Of(customer is null || fault == GateFault.StorageUnavailable ? fault : GateFault.HoldUnknown, hold);
        }

        // The request names a customer other than the one whose account has the rows: it has become a member since it reserved, or has
        // left.
        return customer is null || place.Customer == customer || place.Member == customer
            ? await RunAsync(OnHold(place.Customer, onOwnRows: true), cancel)
            : GateAnswer.Of(GateFault.HoldUnknown, hold);

        HoldOp OnHold(string account, bool onOwnRows) => new()
        {
            Project = project, Customer = account, Partition = CustomerPlace.PartitionOf(project.Id, account), Now = clock.Now(project),
            Verb = verb, Id = id, Amounts = amounts, TimeToLive = timeToLive, OnOwnRows = onOwnRows,
        };
    }

    private async ValueTask<(LedgerQueries.Place Place, GateFault Fault)> FindHoldAsync(int project, Guid hold, CancellationToken cancel)
    {
        await _lookUps.WaitAsync(cancel);
        try
        {
            return await LedgerQueries.FindHoldAsync(database, project, hold, cancel);
        }
        finally
        {
            _lookUps.Release();
        }
    }

    private UseOp UseOf(
        ProjectSnapshot project, LaneTicket? ticket, string customer, string? id, string type, Quantity quantity,
        IReadOnlyList<Effect>? effects,
        Instant? occurredAt, string? propertiesJson, bool enforce, string? computedJson = null, IReadOnlyList<Guid>? settles = null,
        bool onOwnRows = false, bool isOfToken = false, string? originJson = null, IReadOnlySet<string>? readable = null)
    {
        var now = clock.Now(project);
        var real = project.TestClock is null ? now : clock.Now();
        string? lacks = null;
        var signal = SignalRules.KindOf(type) is { } kind ? SignalRules.Of(kind, quantity, propertiesJson, out lacks) : null;
        var fault = effects is null ? GateFault.ValueInvalid
            : lacks is not null ? GateFault.SignalInvalid
            : occurredAt is not { } at ? GateFault.None
            : at < now.Minus(options.AcceptPast) ? GateFault.TooOld
            : at > now.Plus(options.AcceptFuture) ? GateFault.InFuture
            : GateFault.None;
        var key = id is null ? EventKey.Generate(real) : isOfToken ? EventKey.OfToken(customer, id, real) : EventKey.Parse(id, real);
        return new()
        {
            Project = project, Customer = customer, Partition = CustomerPlace.PartitionOf(project.Id, customer), Ticket = ticket, Now = now,
            IdGiven = id is not null, Key = key, Id = id ?? key.Id.ToString("D"), Type = type, Quantity = quantity,
            Effects = effects ?? [], OccurredAt = occurredAt ?? now, OccurredAtGiven = occurredAt is not null, Enforce = enforce,
            PropertiesJson = propertiesJson, ComputedJson = computedJson, OriginJson = originJson, Signal = signal,
            Readable = readable ?? SignalRules.ReadFrom(type),
            HasUnique = HasAny(effects, AggregateRules.CountsValueOnce),
            ReportsTimed = HasAny(effects, static aggregate => aggregate.WeighsTime()), Settles = settles ?? [],
            OnOwnRows = onOwnRows,
            Answer = fault == GateFault.None ? null
                : GateAnswer.Of(fault, id) with { FaultDetail = fault == GateFault.SignalInvalid ? lacks : null },
        };
    }

    private static bool HasAny(IReadOnlyList<Effect>? effects, Func<MeterAggregate, bool> asked)
    {
        for (var i = 0; i < (effects?.Count ?? 0); i++)
        {
            if (asked(effects![i].Aggregate))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Does not stop when the caller leaves: a queued decision is made, and a retry with the id replays it.</summary>
    private ValueTask<GateAnswer> RunAsync(LaneOp op, CancellationToken cancel) =>
        cancel.IsCancellationRequested ? ValueTask.FromCanceled<GateAnswer>(cancel)
        : lanes.TryEnqueue(op) ? op.AnswerAsync()
        : new(GateAnswer.Of(GateFault.Overloaded));

    /// <summary>
    /// Returns the account's account for a reader: from memory if no other server can have changed it, else from the database. The lane
    /// first opens a period that rolls over. Null account: no such customer.
    /// </summary>
    private async ValueTask<(AccountState? Account, GateFault Fault)> AccountAsync(
        ProjectSnapshot project, string customer, Instant now, Func<FeatureEntry, bool> asks, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, customer);
        if (Known(project, customer, partition) is { } known && IsOpen(known, project, now, asks))
        {
            return (known, GateFault.None);
        }

        var op = new ReadOp { Project = project, Customer = customer, Partition = partition, Now = now, Fresh = !presence.Alone };
        var answer = await RunAsync(op, cancel);
        return (op.Found, answer.Fault);
    }

    /// <summary>Returns the account of the balances that the customer uses, if no other server can have changed it; else null.</summary>
    private AccountState? Known(ProjectSnapshot project, string customer, short partition)
    {
        var known = presence.Alone ? lanes.Peek(partition, project.Id, customer, project.Catalog.Revision) : null;
        return known?.Owner is { } owner
            ? lanes.Peek(CustomerPlace.PartitionOf(project.Id, owner), project.Id, owner, project.Catalog.Revision)
            : known;
    }

    /// <summary>True if the account can be read as it is: there is no period to open and no ended hold to close.</summary>
    private static bool IsOpen(AccountState account, ProjectSnapshot project, Instant now, Func<FeatureEntry, bool> asks)
    {
        if (account.NextExpiry <= now)
        {
            return false;
        }

        foreach (var level in project.Catalog.TimedFeatures)
        {
            if (asks(level) && !(account.FindFeature(level.Key) is { } state && state.KnowsUsageOf(state.PeriodAt(now))))
            {
                return false;
            }
        }

        foreach (var key in account.Terms.Rolling)
        {
            var feature = project.Catalog.FeatureOf(key);
            if (asks(feature)
                && !(account.FindFeature(key) is { } known && known.IsOpened(known.PeriodAt(now))
                    && known.StoredFacts(now).Balance.Version > 0))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The account that a customer not seen before would get: the default plan, nothing used.</summary>
    private static AccountState UnknownCustomer(ProjectSnapshot project, string customer) => new()
    {
        ProjectId = project.Id, Customer = customer, Partition = 0, Key = 0, CustomerVersion = 0,
        CatalogRevision = project.Catalog.Revision, Terms = TermsReader.Default(project.Catalog), CustomerSince = Instant.FarFuture,
        Zone = project.Zone,
        FeaturesByCode = project.Catalog.Features,
    };
}
