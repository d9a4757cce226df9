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
    public bool Decide(LaneOp op, AccountState book)
    {
        writer.Touch(book, op.Now);
        AccountRules.CloseExpired(book, op.Now);
        switch (op)
        {
            case UseOp use:
                op.Answer = Use(use, book);
                return true;
            case ReserveOp reserve:
                op.Answer = Reserve(reserve, book);
                return true;
            case HoldOp hold when _exact || book.Holds.ContainsKey(hold.Id):
                op.Answer = OnHold(hold, book);
                return true;
            case VoidOp voiding when _exact:
                op.Answer = Void(voiding, book);
                return true;
            case ReadOp read:
                read.Found = book;
                op.Answer = GateAnswer.Nothing;
                return true;
            default:
                return false;
        }
    }

    private GateAnswer Use(UseOp op, AccountState book)
    {
        var key = (book.Account, op.Key.Id);
        if (_first.TryGetValue(key, out var earlier))
        {
            return earlier is UseOp same && SameContent(op, same) && same.Answer is { } answer
                ? answer with { Replayed = true, ComputedJson = same.ComputedJson }
                : GateAnswer.Of(GateFault.IdReused, op.Id);
        }

        if (_known.Events.TryGetValue(key, out var stored))
        {
            return stored.Data.IsSettle || !SameContent(op, stored, book)
                ? GateAnswer.Of(GateFault.IdReused, op.Id)
                : Replay(stored, op.Id, op.Effects, book, op.Now);
        }

        FreeHeld(op.Settles, book);
        var effects = op.HasUnique ? Unseen(op, book) : op.Effects;
        if (effects.Count == 0)
        {
            if (op.Member is not null)
            {
                // Nothing else in the operation would detect that the member has left.
                writer.Expect(book);
            }

            writer.Add(EventOf(op, book, null), op.IdGiven);
            _first[key] = op;
            return new(GateFault.None, null, op.Id, false);
        }

        var verdict = op.Settles.Count > 0
            ? AccountRules.UseAsSettle(book, effects, op.OccurredAt, op.Now)
            : AccountRules.Use(book, effects, op.OccurredAt, op.Now, op.Enforce);
        if (verdict.RestsOnPlan || (op.Member is not null && verdict.Postings.Count == 0))
        {
            writer.Expect(book);
        }

        var given = Answer(verdict, book, op.Id, op.OccurredAt);
        if (verdict.Allowed && verdict.Postings.Count > 0)
        {
            Note(verdict, book, op.Now);
            writer.Add(EventOf(op, book, verdict), op.IdGiven);
            NoteReports(op, book);
            _first[key] = op;
        }
        else if (op.IdGiven && !_exact)
        {
            writer.ExpectNotUsed(book, op.Key.Id);
        }

        // A duplicate in the same batch replays this answer.
        op.Answer = given;
        return given;
    }

    /// <summary>Settles open holds; expired ones have already been freed.</summary>
    private static void FreeHeld(IReadOnlyList<Guid> holds, AccountState book)
    {
        foreach (var id in holds)
        {
            if (book.Holds.TryGetValue(id, out var open))
            {
                AccountRules.Close(book, open, HoldState.Settled);
            }
        }
    }

    /// <summary>Counts values of unique meters that were seen before as nothing, and stores the others as seen.</summary>
    private List<Effect> Unseen(UseOp op, AccountState book)
    {
        var effects = new List<Effect>(op.Effects.Count);
        foreach (var effect in op.Effects)
        {
            if (!AggregateRules.CountsValueOnce(effect.Aggregate))
            {
                effects.Add(effect);
                continue;
            }

            var period = book.BookOf(effect.Feature).PeriodAt(op.OccurredAt);
            var isNew = _known.Unique.Add((book.Account, effect.Feature.Key, period.Start, effect.Value));
            if (isNew)
            {
                writer.Add(new UniqueChange(book, effect.Feature.Key, period.Start, effect.Value, Seen: true));
            }

            effects.Add(effect with { Amount = isNew ? Quantity.One : Quantity.Zero });
        }

        return effects;
    }

    private GateAnswer Reserve(ReserveOp op, AccountState book)
    {
        var key = (book.Account, op.Id);
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
                ? Answer(Standing(book, op.Effects, Outcome.WithinQuota, op.Now), book, id) with
                {
                    Replayed = true, ExpiresAt = taken.ExpiresAt,
                }
                : GateAnswer.Of(GateFault.IdReused, id);
        }

        var verdict = AccountRules.Reserve(book, op.Effects, op.Now);
        if (verdict.RestsOnPlan || (op.Member is not null && verdict.Parts.Count == 0))
        {
            writer.Expect(book);
        }

        if (!verdict.Allowed)
        {
            if (op.IdGiven && !_exact)
            {
                writer.ExpectNotHeld(book, op.Id);
            }

            return Answer(verdict, book, null);
        }

        var expires = op.Now.Plus(op.TimeToLive);
        book.OpenHold(new()
        {
            Id = op.Id, State = HoldState.Open, Reference = op.Reference, Member = op.Member, CreatedAt = op.Now, ExpiresAt = expires,
            Amounts = [.. op.Effects.Select(e => new FeatureQuantity(e.Feature.Key, e.Amount))], Parts = verdict.Parts,
        });
        _first[key] = op;
        op.Answer = Answer(verdict, book, id) with { ExpiresAt = expires };
        return op.Answer;
    }

    private GateAnswer OnHold(HoldOp op, AccountState book)
    {
        var open = book.Holds.GetValueOrDefault(op.Id);
        var hold = open?.Current ?? _known.Holds.GetValueOrDefault((book.Account, op.Id));
        if (hold is null)
        {
            return GateAnswer.Of(GateFault.HoldUnknown, op.Id.ToString("D"));
        }

        // The sweep at the start of this decision may just have closed it.
        var state = open is null && hold.State == HoldState.Open ? HoldState.Expired : hold.State;
        return op.Verb switch
        {
            HoldVerb.Settle => Settle(op, book, open, hold with { State = state }),
            HoldVerb.Extend => Extend(op, book, open, hold),
            HoldVerb.Release => Release(op, book, open, hold with { State = state }),
            _ => Standing(book, hold, GateFault.None, op.Now),
        };
    }

    private GateAnswer Settle(HoldOp op, AccountState book, Slot<Hold>? open, Hold hold)
    {
        if (hold.State == HoldState.Settled)
        {
            return _known.Events.TryGetValue((book.Account, hold.Id), out var done)
                ? Replay(done, TextOf(hold), EffectsOf(hold.Amounts, book), book, op.Now)
                : Standing(book, hold, GateFault.None, op.Now) with { Replayed = true };
        }

        if (hold.State == HoldState.Released || (hold.State == HoldState.Expired && hold.ExpiresAt.Plus(Hold.LateSettle) < op.Now))
        {
            return Standing(book, hold, GateFault.HoldClosed, op.Now);
        }

        if (_known.Events.ContainsKey((book.Account, hold.Id)))
        {
            return GateAnswer.Of(GateFault.IdReused, TextOf(hold));
        }

        if (op.AmountsOf(hold) is not { } amounts)
        {
            return GateAnswer.Of(GateFault.ValueInvalid, TextOf(hold));
        }

        var late = hold.State == HoldState.Expired;
        var verdict = AccountRules.Settle(book, hold, EffectsOf(amounts, book), op.Now);
        if (!verdict.Allowed)
        {
            return Answer(verdict, book, TextOf(hold));
        }

        var slot = open ?? SlotOfClosed(book, hold);
        book.Put(slot, slot.Current with { State = HoldState.Settled });
        book.CloseHold(hold.Id);
        Note(verdict, book, op.Now);
        writer.Add(SettleEvent(op, book, hold, amounts, verdict, late), idGiven: true);
        return Answer(verdict, book, TextOf(hold)) with { Late = late };
    }

    /// <summary>The state does not contain a closed hold; its row changes once more, from its current state.</summary>
    private static Slot<Hold> SlotOfClosed(AccountState book, Hold hold)
    {
        var slot = book.Touched.OfType<Slot<Hold>>().FirstOrDefault(s => s.Current.Id == hold.Id);
        return slot ?? new(hold, hold);
    }

    private static GateAnswer Extend(HoldOp op, AccountState book, Slot<Hold>? open, Hold hold)
    {
        if (open is null)
        {
            return Standing(book, hold, GateFault.HoldClosed, op.Now);
        }

        var expires = op.Now.Plus(op.TimeToLive!.Value);
        book.Extend(open, expires);
        return Standing(book, open.Current, GateFault.None, op.Now);
    }

    private static GateAnswer Release(HoldOp op, AccountState book, Slot<Hold>? open, Hold hold)
    {
        if (open is null)
        {
            return Standing(book, hold, hold.State == HoldState.Settled ? GateFault.HoldClosed : GateFault.None, op.Now);
        }

        AccountRules.Close(book, open, HoldState.Released);
        return Standing(book, hold, GateFault.None, op.Now);
    }

    private GateAnswer Void(VoidOp op, AccountState book)
    {
        var voidId = EventKey.OfVoid(op.EventId);
        if (!_known.Events.TryGetValue((book.Account, op.EventId), out var target) || target.Data.Voids is not null)
        {
            return GateAnswer.Of(GateFault.EventUnknown, op.EventId.ToString("D"));
        }

        var key = new EventKey(voidId, null, EventKey.MonthOf(_realNow), false);
        if (_known.Events.TryGetValue((book.Account, voidId), out var done))
        {
            return new(GateFault.None, AfterVoid(book, target, op.Now), done.Id.ToString("D"), true);
        }

        var others = _known.OthersOf(book.Account, target);
        var timed = target.Data.Readings.Where(static reading => VoidRules.IsOfTime(reading)).ToList();
        var reversals = VoidRules.Reverse(
            [.. target.Postings.Where(posting => !timed.Exists(reading => reading.FeatureKey == posting.FeatureKey))],
            target.Data.Readings, others, target.OccurredAt);
        IReadOnlyList<Posting> reversed =
        [
            .. AccountRules.Reverse(book, reversals, target.Data.Burns, op.Now),
            .. timed.Select(reading => TakeBack(reading, book, target)),
        ];
        foreach (var gone in VoidRules.NoLongerSeen(target.Data.Readings, others))
        {
            var start = target.Postings.First(p => p.FeatureKey == gone.FeatureKey).PeriodStart;
            writer.Add(new UniqueChange(book, gone.FeatureKey, start, gone.Hash, Seen: false));
            _known.Unique.Remove((book.Account, gone.FeatureKey, start, gone.Hash));
        }

        var plain = reversed.Count == 1 && reversed[0].Used == -target.Quantity && reversed[0].Drawn.IsZero;
        var usedAfter =
            book.FindAccount(target.FeatureKey)?.FindBalance(target.PeriodStart)?.Current.UsedBy(op.Now).Used ?? Quantity.Zero;
        var data = new EventData
        {
            Type = target.Data.Type, Member = target.Data.Member, RecordedAt = op.Now, Voids = op.EventId, Postings = plain ? [] : reversed,
            Burns = [.. target.Data.Burns.Select(b => b with { Amount = -b.Amount })],
        };
        writer.Add(
            new NewEvent(
                book, key, target.FeatureKey, -target.Quantity, target.OccurredAt, target.PeriodStart, usedAfter, data.Write(),
                IsCall: false), idGiven: true);
        if (target.Data.ComputedJson is not null)
        {
            writer.TakeBackCall(book, target);
        }

        return new(GateFault.None, AfterVoid(book, target, op.Now), voidId.ToString("D"), false);
    }

    private Posting TakeBack(Reading reading, AccountState book, StoredEvent target)
    {
        writer.Add(
            new ReportChange(book, reading.FeatureKey, new(target.OccurredAt, reading.Order, reading.Value), IsMade: false));
        return TimedLevelRules.TakeBack(
            book, book.FindAccount(reading.FeatureKey)!, reading, target.OccurredAt,
            target.Postings.First(posting => posting.FeatureKey == reading.FeatureKey).PeriodStart);
    }

    /// <summary>Returns null if no meter read the event, so that no feature changes.</summary>
    private static Decision? AfterVoid(AccountState book, StoredEvent target, Instant now) =>
        target.Postings.Count == 0 ? null : DecisionOf(Standing(book, target, now), book);

    private void Note(Verdict verdict, AccountState book, Instant now)
    {
        foreach (var crossing in verdict.Crossings)
        {
            writer.Add(book, crossing, now);
        }
    }

    private static NewEvent EventOf(UseOp op, AccountState book, Verdict? verdict)
    {
        var primary = verdict is null ? null : op.Effects[0].Feature;
        var postings = verdict?.Postings ?? [];
        var own = Own(postings, primary);
        var plain = postings.Count == 0 || (postings.Count == 1 && own.Drawn.IsZero && own.Used == op.Quantity);
        var outcome = verdict?.Outcome is Outcome.Overage or Outcome.RecordedOverLimit ? verdict.Outcome : (Outcome?)null;
        var isPlain = plain && outcome is null && primary?.Code == op.Type && op is
            { Key.Text: null, Member: null, OccurredAtGiven: false, PropertiesJson: null, ComputedJson: null, HasUnique: false,
                Effects: [var only] }
            && !AggregateRules.KeepsReading(only.Aggregate);
        return new(book, op.Key, primary?.Key ?? 0, op.Quantity, op.OccurredAt, primary is null ? Instant.Epoch : own.PeriodStart,
            UsedAfter(book, own, op.Now),
            isPlain ? EventData.Nothing : DataOf(op, primary, plain ? [] : postings, verdict?.Burns ?? [], outcome, book).Write(),
            IsCall: op.ComputedJson is not null);
    }

    private static EventData DataOf(
        UseOp op, FeatureEntry? primary, IReadOnlyList<Posting> postings, IReadOnlyList<Burn> burns, Outcome? outcome, AccountState book) =>
        new()
    {
        Id = op.Key.Text,
        Type = primary?.Code == op.Type ? null : op.Type,
        RecordedAt = op.OccurredAtGiven ? op.Now : null,
        PropertiesJson = op.PropertiesJson,
        ComputedJson = op.ComputedJson,
        Plan = op.ComputedJson is null ? null : book.Terms.At(op.OccurredAt).Plan.Code,
        Member = op.Member,
        Postings = postings,
        Burns = burns,
        Outcome = outcome,
        Readings = ReadingsOf(op, book),
    };

    private static IReadOnlyList<Reading> ReadingsOf(UseOp op, AccountState book)
    {
        List<Reading>? readings = null;
        foreach (var effect in op.Effects)
        {
            // The decision just made it the row's last report.
            if (AggregateRules.KeepsReading(effect.Aggregate)
                && AggregateRules.ReadingOf(
                    effect, book.FindAccount(effect.Feature.Key) is { } of ? ReportsOf(of, op.OccurredAt) : null) is { } reading)
            {
                (readings ??= []).Add(reading);
            }
        }

        return readings ?? (IReadOnlyList<Reading>)[];
    }

    private static LatestReport? ReportsOf(FeatureState feature, Instant at) => feature.Feature.Feature.WeighsTime
        ? new(at, feature.Reports!.Current.LastNumberAt(at))
        : feature.FindBalance(feature.PeriodAt(at).Start)?.Current.Reports;

    private void NoteReports(UseOp op, AccountState book)
    {
        foreach (var reading in op.ReportsTimed ? ReadingsOf(op, book) : [])
        {
            if (VoidRules.IsOfTime(reading))
            {
                writer.Add(
                    new ReportChange(book, reading.FeatureKey, new(op.OccurredAt, reading.Order, reading.Value), IsMade: true));
            }
        }
    }

    private NewEvent SettleEvent(
        HoldOp op, AccountState book, Hold hold, IReadOnlyList<FeatureQuantity> amounts, Verdict verdict, bool late)
    {
        var own = Own(verdict.Postings, verdict.Feature);
        var plain = verdict.Postings.Count == 1 && own.Drawn.IsZero && own.Used == amounts[0].Amount;
        var data = new EventData
        {
            Id = hold.Reference, Member = hold.Member, RecordedAt = op.Now, IsSettle = true, IsLate = late,
            Postings = plain ? [] : verdict.Postings, Burns = verdict.Burns,
            Outcome = verdict.Outcome is Outcome.Overage or Outcome.RecordedOverLimit ? verdict.Outcome : null,
        };
        return new(book, KeyOf(hold, _realNow), verdict.Feature.Key, amounts[0].Amount, hold.CreatedAt, own.PeriodStart,
            UsedAfter(book, own, op.Now), data.Write(), IsCall: false);
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

    private static Quantity UsedAfter(AccountState book, in Posting own, Instant now) =>
        book.FindAccount(own.FeatureKey)?.FindBalance(own.PeriodStart)?.Current.UsedBy(now).Used ?? Quantity.Zero;

    private static EventKey KeyOf(Hold hold, Instant now) => EventKey.OfHold(hold.Id, hold.Reference, now);

    private static string TextOf(Hold hold) => hold.Reference ?? hold.Id.ToString("D");

    private static List<Effect> EffectsOf(IReadOnlyList<FeatureQuantity> amounts, AccountState book) =>
        [.. amounts.Select(a => Effect.OfUnits(book.FindAccount(a.FeatureKey)!.Feature, a.Amount))];

    private static GateAnswer Replay(StoredEvent stored, string id, IReadOnlyList<Effect> effects, AccountState book, Instant at)
    {
        if (effects.Count == 0)
        {
            return new(GateFault.None, null, id, true) { ComputedJson = stored.Data.ComputedJson };
        }

        var feature = book.BookOf(effects[0].Feature);
        var slot = feature.FindBalance(stored.PeriodStart);
        var now = slot is null ? null : feature.FactsOf(slot.Current, stored.OccurredAt, at).Standing;
        var outcome = stored.Data.Outcome ?? (now is { Limit: null } ? Outcome.Unlimited : Outcome.WithinQuota);
        var others = effects.Skip(1).Select(effect => StandingAt(book.BookOf(effect.Feature), stored.OccurredAt, at)).OfType<Standing>();
        IReadOnlyList<Standing> standings = now is null
            ? [.. others]
            : [now with
            {
                Used = stored.UsedAfter, Remaining = now.Limit is { } limit ? (limit - stored.UsedAfter - now.Held).FloorAtZero() : null,
            }, .. others];
        var plan = book.Terms.At(stored.OccurredAt).Plan;
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

    private static GateAnswer Standing(AccountState book, Hold hold, GateFault fault, Instant now) =>
        Answer(Standing(book, EffectsOf(hold.Amounts, book), Outcome.WithinQuota, now), book, TextOf(hold)) with
        {
            Fault = fault, ExpiresAt = hold.ExpiresAt,
        };

    private static Verdict Standing(AccountState book, StoredEvent stored, Instant now) => Standing(
        book, [.. stored.Postings.Take(1).Select(p => Effect.OfUnits(book.FindAccount(p.FeatureKey)!.Feature, Quantity.Zero))],
        Outcome.WithinQuota, now);

    private static Verdict Standing(AccountState book, IReadOnlyList<Effect> effects, Outcome outcome, Instant now) => new()
    {
        Outcome = outcome,
        Feature = effects[0].Feature,
        Standings = [.. effects.Select(e => book.BookOf(e.Feature))
            .Select(f => f.FactsOf(f.BalanceIn(f.PeriodAt(now)).Current, now, now).Standing)],
    };

    private static string NameOf(AccountState book, Guid grant) =>
        book.Features.SelectMany(static feature => feature.Grants).First(slot => slot.Current.Id == grant).Current.Name;

    private static GateAnswer Answer(Verdict verdict, AccountState book, string? id, Instant? occurred = null) =>
        verdict.Burns.Count == 0
            ? new(GateFault.None, DecisionOf(verdict, book, occurred), id, false)
            : new(GateFault.None, DecisionOf(verdict, book, occurred), id, false)
            {
                Burned = [.. verdict.Burns.Select(b => (NameOf(book, b.Grant), b.Amount))],
            };

    /// <param name="occurred">The time of the use, whose plan applies; null: now.</param>
    public static Decision DecisionOf(Verdict verdict, AccountState book, Instant? occurred = null)
    {
        var plan = occurred is { } then ? book.Terms.At(then).Plan : book.Plan;
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

    private static bool SameContent(UseOp op, StoredEvent stored, AccountState book)
    {
        var type = stored.Data.Type ?? book.FindAccount(stored.FeatureKey)?.Feature.Code ?? op.Type;
        return op.Type == type && op.Quantity == stored.Quantity && op.Member == stored.Data.Member
            && (!op.OccurredAtGiven || op.OccurredAt == stored.OccurredAt) && SameJson(op.PropertiesJson, stored.Data.PropertiesJson);
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
