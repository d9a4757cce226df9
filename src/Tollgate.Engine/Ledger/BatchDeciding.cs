using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Decides the operations of one batch in the order of arrival, on the account states and the stored facts about their ids, and tells the
/// writer what to write. No I/O. An answer is valid once the batch is committed.
/// </summary>
/// <remarks>Months follow <c>_realNow</c>: the test clock of a sandbox project may be years ahead of the partitions.</remarks>
internal sealed class BatchDeciding(BatchWriter writer)
{
    private readonly Dictionary<(int Account, Guid Id), LaneOp> _first = [];
    private StoredFacts _known = new();
    private bool _exact;
    private Instant _realNow;

    /// <summary>
    /// Prepares for the first operation of a batch. <paramref name="facts"/>: the stored facts about its ids; null on the fast path.
    /// </summary>
    public void Begin(StoredFacts? facts, Instant now)
    {
        _first.Clear();
        (_known, _exact, _realNow) = (facts ?? new(), facts is not null, now);
    }

    /// <returns>False: the operation needs facts that only the exact path reads.</returns>
    public bool Decide(LaneOp op, AccountState account)
    {
        writer.Touch(account, op.Now);
        AccountRules.CloseExpired(account, op.Now);
        switch (op)
        {
            case UseOp use:
                op.Answer = Use(use, account);
                return true;
            case ReserveOp reserve:
                op.Answer = Reserve(reserve, account);
                return true;
            case HoldOp hold when _exact || account.Holds.ContainsKey(hold.Id):
                op.Answer = OnHold(hold, account);
                return true;
            case VoidOp voiding when _exact:
                op.Answer = Void(voiding, account);
                return true;
            case ReadOp read:
                read.Found = account;
                op.Answer = GateAnswer.Nothing;
                return true;
            default:
                return false;
        }
    }

    private GateAnswer Use(UseOp op, AccountState account)
    {
        var key = (account.Key, op.Key.Id);
        if (_first.TryGetValue(key, out var earlier))
        {
            return earlier is UseOp same && SameContent(op, same) && same.Answer is { } answer
                ? answer with { Replayed = true, ComputedJson = same.ComputedJson }
                : GateAnswer.Of(GateFault.IdReused, op.Id);
        }

        if (_known.Events.TryGetValue(key, out var stored))
        {
            return stored.Data.IsSettle || !SameContent(op, stored, account)
                ? GateAnswer.Of(GateFault.IdReused, op.Id)
                : Replay(stored, op.Id, op.Effects, account, op.Now);
        }

        FreeHeld(op.Settles, account);
        var effects = op.HasUnique ? Unseen(op, account) : op.Effects;
        if (effects.Count == 0)
        {
            // Nothing else in the operation would detect that the member has left, or that the customer was erased.
            writer.Expect(account);
            writer.Add(EventOf(op, account, null), op.IdGiven);
            NoteSignal(op, account);
            _first[key] = op;
            return new(GateFault.None, null, op.Id, false);
        }

        var verdict = op.Settles.Count > 0
            ? AccountRules.UseAsSettle(account, effects, op.OccurredAt, op.Now)
            : AccountRules.Use(account, effects, op.OccurredAt, op.Now, op.Enforce);
        if (verdict.RestsOnPlan || (op.Member is not null && verdict.Postings.Count == 0))
        {
            writer.Expect(account);
        }

        var given = Answer(verdict, account, op.Id, op.OccurredAt);
        if (verdict.Allowed && verdict.Postings.Count > 0)
        {
            Note(verdict, account, op.Now);
            writer.Add(EventOf(op, account, verdict), op.IdGiven);
            NoteReports(op, account);
            NoteSignal(op, account);
            _first[key] = op;
        }
        else if (op.IdGiven && !_exact)
        {
            writer.ExpectNotUsed(account, op.Key.Id);
        }

        // A duplicate in the same batch replays this answer.
        op.Answer = given;
        return given;
    }

    /// <summary>Settles open holds; expired ones have already been freed.</summary>
    private static void FreeHeld(IReadOnlyList<Guid> holds, AccountState account)
    {
        foreach (var id in holds)
        {
            if (account.Holds.TryGetValue(id, out var open))
            {
                AccountRules.Close(account, open, HoldState.Settled);
            }
        }
    }

    /// <summary>Counts values of unique meters that were seen before as nothing, and stores the others as seen.</summary>
    private List<Effect> Unseen(UseOp op, AccountState account)
    {
        var effects = new List<Effect>(op.Effects.Count);
        foreach (var effect in op.Effects)
        {
            if (!AggregateRules.CountsValueOnce(effect.Aggregate))
            {
                effects.Add(effect);
                continue;
            }

            var period = account.FeatureOf(effect.Feature).PeriodAt(op.OccurredAt);
            var isNew = _known.Unique.Add((account.Key, effect.Feature.Key, period.Start, effect.Value));
            if (isNew)
            {
                writer.Add(new UniqueChange(account, effect.Feature.Key, period.Start, effect.Value, Seen: true));
            }

            effects.Add(effect with { Amount = isNew ? Quantity.One : Quantity.Zero });
        }

        return effects;
    }

    private GateAnswer Reserve(ReserveOp op, AccountState account)
    {
        var key = (account.Key, op.Id);
        var id = op.Reference ?? op.Id.ToString("D");
        if (_first.TryGetValue(key, out var earlier))
        {
            return earlier is ReserveOp same && same.Member == op.Member && same.Effects.SequenceEqual(op.Effects)
                && same.Answer is { } answer
                ? answer with { Replayed = true }
                : GateAnswer.Of(GateFault.IdReused, id);
        }

        if (_known.Holds.TryGetValue(key, out var taken))
        {
            return taken.Member == op.Member
                && taken.Amounts.SequenceEqual(op.Effects.Select(e => new FeatureQuantity(e.Feature.Key, e.Amount)))
                ? Answer(Standing(account, op.Effects, Outcome.WithinQuota, op.Now), account, id) with
                {
                    Replayed = true, ExpiresAt = taken.ExpiresAt,
                }
                : GateAnswer.Of(GateFault.IdReused, id);
        }

        var verdict = AccountRules.Reserve(account, op.Effects, op.Now);
        if (verdict.RestsOnPlan || (op.Member is not null && verdict.Parts.Count == 0))
        {
            writer.Expect(account);
        }

        if (!verdict.Allowed)
        {
            if (op.IdGiven && !_exact)
            {
                writer.ExpectNotHeld(account, op.Id);
            }

            return Answer(verdict, account, null);
        }

        var expires = op.Now.Plus(op.TimeToLive);
        account.OpenHold(new()
        {
            Id = op.Id, State = HoldState.Open, Reference = op.Reference, Member = op.Member, CreatedAt = op.Now, ExpiresAt = expires,
            Amounts = [.. op.Effects.Select(e => new FeatureQuantity(e.Feature.Key, e.Amount))], Parts = verdict.Parts,
        });
        _first[key] = op;
        op.Answer = Answer(verdict, account, id) with { ExpiresAt = expires };
        return op.Answer;
    }

    private GateAnswer OnHold(HoldOp op, AccountState account)
    {
        var open = account.Holds.GetValueOrDefault(op.Id);
        var hold = open?.Current ?? _known.Holds.GetValueOrDefault((account.Key, op.Id));
        if (hold is null)
        {
            return GateAnswer.Of(GateFault.HoldUnknown, op.Id.ToString("D"));
        }

        // The sweep at the start of this decision may just have closed it.
        var state = open is null && hold.State == HoldState.Open ? HoldState.Expired : hold.State;
        return op.Verb switch
        {
            HoldVerb.Settle => Settle(op, account, open, hold with { State = state }),
            HoldVerb.Extend => Extend(op, account, open, hold),
            HoldVerb.Release => Release(op, account, open, hold with { State = state }),
            _ => Standing(account, hold, GateFault.None, op.Now),
        };
    }

    private GateAnswer Settle(HoldOp op, AccountState account, Slot<Hold>? open, Hold hold)
    {
        if (hold.State == HoldState.Settled)
        {
            return _known.Events.TryGetValue((account.Key, hold.Id), out var done)
                ? Replay(done, TextOf(hold), EffectsOf(hold.Amounts, account), account, op.Now)
                : Standing(account, hold, GateFault.None, op.Now) with { Replayed = true };
        }

        if (hold.State == HoldState.Released || (hold.State == HoldState.Expired && hold.ExpiresAt.Plus(Hold.LateSettle) < op.Now))
        {
            return Standing(account, hold, GateFault.HoldClosed, op.Now);
        }

        if (_known.Events.ContainsKey((account.Key, hold.Id)))
        {
            return GateAnswer.Of(GateFault.IdReused, TextOf(hold));
        }

        if (op.AmountsOf(hold) is not { } amounts)
        {
            return GateAnswer.Of(GateFault.ValueInvalid, TextOf(hold));
        }

        var late = hold.State == HoldState.Expired;
        var verdict = AccountRules.Settle(account, hold, EffectsOf(amounts, account), op.Now);
        if (!verdict.Allowed)
        {
            return Answer(verdict, account, TextOf(hold));
        }

        var slot = open ?? SlotOfClosed(account, hold);
        account.Put(slot, slot.Current with { State = HoldState.Settled });
        account.CloseHold(hold.Id);
        Note(verdict, account, op.Now);
        writer.Add(SettleEvent(op, account, hold, amounts, verdict, late), idGiven: true);
        return Answer(verdict, account, TextOf(hold)) with { Late = late };
    }

    /// <summary>The state does not contain a closed hold; its row changes once more, from its current state.</summary>
    private static Slot<Hold> SlotOfClosed(AccountState account, Hold hold)
    {
        var slot = account.Touched.OfType<Slot<Hold>>().FirstOrDefault(s => s.Current.Id == hold.Id);
        return slot ?? new(hold, hold);
    }

    private static GateAnswer Extend(HoldOp op, AccountState account, Slot<Hold>? open, Hold hold)
    {
        if (open is null)
        {
            return Standing(account, hold, GateFault.HoldClosed, op.Now);
        }

        var expires = op.Now.Plus(op.TimeToLive!.Value);
        account.Extend(open, expires);
        return Standing(account, open.Current, GateFault.None, op.Now);
    }

    private static GateAnswer Release(HoldOp op, AccountState account, Slot<Hold>? open, Hold hold)
    {
        if (open is null)
        {
            return Standing(account, hold, hold.State == HoldState.Settled ? GateFault.HoldClosed : GateFault.None, op.Now);
        }

        AccountRules.Close(account, open, HoldState.Released);
        return Standing(account, hold, GateFault.None, op.Now);
    }

    private GateAnswer Void(VoidOp op, AccountState account)
    {
        var voidId = EventKey.OfVoid(op.EventId);
        if (!_known.Events.TryGetValue((account.Key, op.EventId), out var target) || target.Data.Voids is not null)
        {
            return GateAnswer.Of(GateFault.EventUnknown, op.EventId.ToString("D"));
        }

        var key = new EventKey(voidId, null, EventKey.MonthOf(_realNow), false);
        if (_known.Events.TryGetValue((account.Key, voidId), out var done))
        {
            return new(GateFault.None, AfterVoid(account, target, op.Now), done.Id.ToString("D"), true);
        }

        var others = _known.OthersOf(account.Key, target);
        var timed = target.Data.Readings.Where(static reading => VoidRules.IsOfTime(reading)).ToList();
        var reversals = VoidRules.Reverse(
            [.. target.Postings.Where(posting => !timed.Exists(reading => reading.FeatureKey == posting.FeatureKey))],
            target.Data.Readings, others, target.OccurredAt);
        IReadOnlyList<Posting> reversed =
        [
            .. AccountRules.Reverse(account, reversals, target.Data.Burns, op.Now),
            .. timed.Select(reading => TakeBack(reading, account, target)),
        ];
        foreach (var gone in VoidRules.NoLongerSeen(target.Data.Readings, others))
        {
            var start = target.Postings.First(p => p.FeatureKey == gone.FeatureKey).PeriodStart;
            writer.Add(new UniqueChange(account, gone.FeatureKey, start, gone.Hash, Seen: false));
            _known.Unique.Remove((account.Key, gone.FeatureKey, start, gone.Hash));
        }

        var plain = reversed.Count == 1 && reversed[0].Used == -target.Quantity && reversed[0].Drawn.IsZero;
        var usedAfter =
            account.FindFeature(target.FeatureKey)?.FindBalance(target.PeriodStart)?.Current.UsedBy(op.Now).Used ?? Quantity.Zero;
        var data = new EventData
        {
            Type = target.Data.Type, Member = target.Data.Member, RecordedAt = op.Now, Voids = op.EventId, Postings = plain ? [] : reversed,
            Burns = [.. target.Data.Burns.Select(b => b with { Amount = -b.Amount })],
        };
        writer.Add(
            new NewEvent(
                account, key, target.FeatureKey, -target.Quantity, target.OccurredAt, target.PeriodStart, usedAfter, data.Write(),
                IsCall: false), idGiven: true);
        if (target.Data.ComputedJson is not null)
        {
            writer.TakeBackCall(account, target);
        }

        TakeBackSignal(op, account, target);
        return new(GateFault.None, AfterVoid(account, target, op.Now), voidId.ToString("D"), false);
    }

    private void NoteSignal(UseOp op, AccountState account)
    {
        if (op.Signal is { } signal)
        {
            writer.Signals.Add(
                new NewSignal(
                    account.Partition, account.Key, op.Project.Id, op.Key.Id, op.OccurredAt,
                    SignalRules.MonthOf(op.OccurredAt, op.Project.Zone), signal));
        }
    }

    /// <summary>An event of before its type was a signal has none. An event of an erased member does not say its type any more.</summary>
    private void TakeBackSignal(VoidOp op, AccountState account, StoredEvent target)
    {
        var type = target.Data.Type
            ?? (target.FeatureKey == 0 ? null : op.Project.Catalog.FeaturesByKey.GetValueOrDefault(target.FeatureKey)?.Code);
        if (type is EventData.ErasedType || (type is not null && SignalRules.KindOf(type) is not null))
        {
            writer.Signals.Add(new VoidedSignal(account, target.OccurredAt, target.Id));
        }
    }

    private Posting TakeBack(Reading reading, AccountState account, StoredEvent target)
    {
        writer.Add(
            new ReportChange(account, reading.FeatureKey, new(target.OccurredAt, reading.Order, reading.Value), IsMade: false));
        return TimedLevelRules.TakeBack(
            account, account.FindFeature(reading.FeatureKey)!, reading, target.OccurredAt,
            target.Postings.First(posting => posting.FeatureKey == reading.FeatureKey).PeriodStart);
    }

    /// <summary>Returns null if no meter read the event, so that no feature changes.</summary>
    private static Decision? AfterVoid(AccountState account, StoredEvent target, Instant now) =>
        target.Postings.Count == 0 ? null : DecisionOf(Standing(account, target, now), account);

    private void Note(Verdict verdict, AccountState account, Instant now)
    {
        foreach (var crossing in verdict.Crossings)
        {
            writer.Add(account, crossing, now);
        }
    }

    private static NewEvent EventOf(UseOp op, AccountState account, Verdict? verdict)
    {
        var primary = verdict is null ? null : op.Effects[0].Feature;
        var postings = verdict?.Postings ?? [];
        var own = Own(postings, primary);
        var plain = postings.Count == 0 || (postings.Count == 1 && own.Drawn.IsZero && own.Used == op.Quantity);
        var outcome = verdict?.Outcome is Outcome.Overage or Outcome.RecordedOverLimit ? verdict.Outcome : (Outcome?)null;
        var isPlain = plain && outcome is null && primary?.Code == op.Type && op is
            { Key.Text: null, Member: null, OccurredAtGiven: false, PropertiesJson: null, ComputedJson: null,
                OriginJson: null, HasUnique: false, Effects: [var only] }
            && !AggregateRules.KeepsReading(only.Aggregate);
        return new(account, op.Key, primary?.Key ?? 0, op.Quantity, op.OccurredAt, primary is null ? Instant.Epoch : own.PeriodStart,
            UsedAfter(account, own, op.Now),
            isPlain
                ? EventData.Nothing
                : SealedTexts.Seal(op, account, DataOf(op, primary, plain ? [] : postings, verdict?.Burns ?? [], outcome, account)).Write(),
            IsCall: op.ComputedJson is not null);
    }

    private static EventData DataOf(
        UseOp op, FeatureEntry? primary, IReadOnlyList<Posting> postings, IReadOnlyList<Burn> burns, Outcome? outcome,
        AccountState account) =>
        new()
    {
        Id = op.Key.Text,
        Type = primary?.Code == op.Type ? null : op.Type,
        RecordedAt = op.OccurredAtGiven ? op.Now : null,
        PropertiesJson = op.PropertiesJson,
        ComputedJson = op.ComputedJson,
        OriginJson = op.OriginJson,
        Plan = op.ComputedJson is null ? null : account.Terms.At(op.OccurredAt).Plan.Code,
        Member = op.Member,
        Postings = postings,
        Burns = burns,
        Outcome = outcome,
        Readings = ReadingsOf(op, account),
    };

    private static IReadOnlyList<Reading> ReadingsOf(UseOp op, AccountState account)
    {
        List<Reading>? readings = null;
        foreach (var effect in op.Effects)
        {
            // The decision just made it the row's last report.
            if (AggregateRules.KeepsReading(effect.Aggregate)
                && AggregateRules.ReadingOf(
                    effect, account.FindFeature(effect.Feature.Key) is { } of ? ReportsOf(of, op.OccurredAt) : null) is { } reading)
            {
                (readings ??= []).Add(reading);
            }
        }

        return readings ?? (IReadOnlyList<Reading>)[];
    }

    private static LatestReport? ReportsOf(FeatureState feature, Instant at) => feature.Feature.Feature.WeighsTime
        ? new(at, feature.Reports!.Current.LastNumberAt(at))
        : feature.FindBalance(feature.PeriodAt(at).Start)?.Current.Reports;

    private void NoteReports(UseOp op, AccountState account)
    {
        foreach (var reading in op.ReportsTimed ? ReadingsOf(op, account) : [])
        {
            if (VoidRules.IsOfTime(reading))
            {
                writer.Add(
                    new ReportChange(account, reading.FeatureKey, new(op.OccurredAt, reading.Order, reading.Value), IsMade: true));
            }
        }
    }

    private NewEvent SettleEvent(
        HoldOp op, AccountState account, Hold hold, IReadOnlyList<FeatureQuantity> amounts, Verdict verdict, bool late)
    {
        var own = Own(verdict.Postings, verdict.Feature);
        var plain = verdict.Postings.Count == 1 && own.Drawn.IsZero && own.Used == amounts[0].Amount;
        var data = new EventData
        {
            Id = hold.Reference, Member = hold.Member, RecordedAt = op.Now, IsSettle = true, IsLate = late,
            Postings = plain ? [] : verdict.Postings, Burns = verdict.Burns,
            Outcome = verdict.Outcome is Outcome.Overage or Outcome.RecordedOverLimit ? verdict.Outcome : null,
        };
        return new(account, KeyOf(hold, _realNow), verdict.Feature.Key, amounts[0].Amount, hold.CreatedAt, own.PeriodStart,
            UsedAfter(account, own, op.Now), data.Write(), IsCall: false);
    }

    private static Posting Own(IReadOnlyList<Posting> postings, FeatureEntry? primary)
    {
        foreach (var posting in postings)
        {
            if (posting.FeatureKey == primary?.Key)
            {
                return posting;
            }
        }

        return postings.Count > 0 ? postings[0] : default;
    }

    private static Quantity UsedAfter(AccountState account, in Posting own, Instant now) =>
        account.FindFeature(own.FeatureKey)?.FindBalance(own.PeriodStart)?.Current.UsedBy(now).Used ?? Quantity.Zero;

    private static EventKey KeyOf(Hold hold, Instant now) => EventKey.OfHold(hold.Id, hold.Reference, now);

    private static string TextOf(Hold hold) => hold.Reference ?? hold.Id.ToString("D");

    private static List<Effect> EffectsOf(IReadOnlyList<FeatureQuantity> amounts, AccountState account) =>
        [.. amounts.Select(a => Effect.OfUnits(account.FindFeature(a.FeatureKey)!.Feature, a.Amount))];

    private static GateAnswer Replay(StoredEvent stored, string id, IReadOnlyList<Effect> effects, AccountState account, Instant at)
    {
        if (effects.Count == 0)
        {
            return new(GateFault.None, null, id, true) { ComputedJson = stored.Data.ComputedJson };
        }

        var feature = account.FeatureOf(effects[0].Feature);
        var slot = feature.FindBalance(stored.PeriodStart);
        var now = slot is null ? null : feature.FactsOf(slot.Current, stored.OccurredAt, at).Standing;
        var outcome = stored.Data.Outcome ?? (now is { Limit: null } ? Outcome.Unlimited : Outcome.WithinQuota);
        var others = effects.Skip(1).Select(effect => StandingAt(account.FeatureOf(effect.Feature), stored.OccurredAt, at))
            .OfType<Standing>();
        IReadOnlyList<Standing> standings = now is null
            ? [.. others]
            : [now with
            {
                Used = stored.UsedAfter, Remaining = now.Limit is { } limit ? (limit - stored.UsedAfter - now.Held).FloorAtZero() : null,
            }, .. others];
        var plan = account.Terms.At(stored.OccurredAt).Plan;
        var decision = new Decision
        {
            Outcome = outcome, FeatureKey = effects[0].Feature.Key, Plan = plan.Code, PlanVersion = plan.Number, Standings = standings,
        };
        return new(GateFault.None, decision, id, true) { Late = stored.Data.IsLate, ComputedJson = stored.Data.ComputedJson };
    }

    /// <summary>Returns the current standing; an event records the standing after it only for its first feature.</summary>
    private static Standing? StandingAt(FeatureState feature, Instant occurredAt, Instant now) =>
        feature.FindBalance(feature.PeriodAt(occurredAt).Start) is { } slot
            ? feature.FactsOf(slot.Current, occurredAt, now).Standing
            : null;

    private static GateAnswer Standing(AccountState account, Hold hold, GateFault fault, Instant now) =>
        Answer(Standing(account, EffectsOf(hold.Amounts, account), Outcome.WithinQuota, now), account, TextOf(hold)) with
        {
            Fault = fault, ExpiresAt = hold.ExpiresAt,
        };

    private static Verdict Standing(AccountState account, StoredEvent stored, Instant now) => Standing(
        account, [.. stored.Postings.Take(1).Select(p => Effect.OfUnits(account.FindFeature(p.FeatureKey)!.Feature, Quantity.Zero))],
        Outcome.WithinQuota, now);

    private static Verdict Standing(AccountState account, IReadOnlyList<Effect> effects, Outcome outcome, Instant now) => new()
    {
        Outcome = outcome,
        Feature = effects[0].Feature,
        Standings = [.. effects.Select(e => account.FeatureOf(e.Feature))
            .Select(f => f.FactsOf(f.BalanceIn(f.PeriodAt(now)).Current, now, now).Standing)],
    };

    private static string NameOf(AccountState account, Guid grant) =>
        account.Features.SelectMany(static feature => feature.Grants).First(slot => slot.Current.Id == grant).Current.Name;

    private static GateAnswer Answer(Verdict verdict, AccountState account, string? id, Instant? occurred = null) =>
        verdict.Burns.Count == 0
            ? new(GateFault.None, DecisionOf(verdict, account, occurred), id, false)
            : new(GateFault.None, DecisionOf(verdict, account, occurred), id, false)
            {
                Burned = [.. verdict.Burns.Select(b => (NameOf(account, b.Grant), b.Amount))],
            };

    /// <param name="occurred">The time of the use, whose plan applies; null: now.</param>
    public static Decision DecisionOf(Verdict verdict, AccountState account, Instant? occurred = null)
    {
        var plan = occurred is { } then ? account.Terms.At(then).Plan : account.Plan;
        return new()
        {
            Outcome = verdict.Outcome, FeatureKey = verdict.Feature.Key, Plan = plan.Code, PlanVersion = plan.Number,
            Standings = verdict.Standings, RetryAfter = verdict.RetryAfter, Window = verdict.Window,
            WindowRemaining = verdict.WindowRemaining,
            Requested = verdict.Requested,
        };
    }

    private static bool SameContent(UseOp a, UseOp b) =>
        a.Type == b.Type && a.Quantity == b.Quantity && a.Member == b.Member
            && (!a.OccurredAtGiven || !b.OccurredAtGiven || a.OccurredAt == b.OccurredAt)
        && SameJson(a.PropertiesJson, b.PropertiesJson);

    /// <summary>An event whose texts are deleted or unreadable is compared by what is left: its repeat must not count again.</summary>
    private static bool SameContent(UseOp op, StoredEvent stored, AccountState account)
    {
        var type = stored.Data.Type ?? account.FindFeature(stored.FeatureKey)?.Feature.Code ?? op.Type;
        return op.Type == type && op.Quantity == stored.Quantity && (!op.OccurredAtGiven || op.OccurredAt == stored.OccurredAt)
            && (stored.Data.IsGone || stored.Data.IsLocked
                || (op.Member == stored.Data.Member && SameJson(op.PropertiesJson, stored.Data.PropertiesJson)));
    }

    private static bool SameJson(string? a, string? b)
    {
        if (a is null || b is null)
        {
            return a is null && b is null;
        }

        using var left = JsonDocument.Parse(a);
        using var right = JsonDocument.Parse(b);
        return JsonElement.DeepEquals(left.RootElement, right.RootElement);
    }
}
