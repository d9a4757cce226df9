using System.Threading.Tasks.Sources;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>Lets a caller wait for several operations: done when the last of them has its answer.</summary>
public sealed class LaneTicket(int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = count;

    public Task Done => _done.Task;

    public void EndOne()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.SetResult();
        }
    }
}

/// <summary>
/// An operation of a lane on one customer. The lane sets <see cref="Answer"/> or <see cref="Failure"/> and ends it. A caller that waits for
/// this operation alone awaits <see cref="AnswerAsync"/>, once; one that waits for several gives all of them one ticket.
/// </summary>
/// <remarks>The operation is its own awaitable: a task would be two more objects for every decision.</remarks>
public abstract class LaneOp : IValueTaskSource<GateAnswer>
{
    private ManualResetValueTaskSourceCore<bool> _ended;
    private string _customer = "";
    private short _partition;
    private LaneOp? _origin;
    private ProjectSnapshot? _project;

    public required ProjectSnapshot Project
    {
        get => _project!;
        init => _project = value;
    }

    /// <summary>The customer whose account it uses.</summary>
    public required string Customer
    {
        get => _customer;
        init => _customer = value;
    }

    public required short Partition
    {
        get => _partition;
        init => _partition = value;
    }

    /// <summary>The member of <see cref="Customer"/> that does it; null: the customer itself.</summary>
    public string? Member { get; private set; }

    /// <summary>True if it concerns the rows of this account, even if the customer is a member and uses the balances of another.</summary>
    public bool OnOwnRows { get; init; }

    /// <summary>The number of moves between a member and an owner.</summary>
    internal int Moves { get; private set; }

    /// <summary>Null: a caller awaits this operation alone.</summary>
    public LaneTicket? Ticket { get; init; }

    /// <summary>The project's clock when the request arrived.</summary>
    public required Instant Now { get; init; }

    public GateAnswer? Answer { get; set; }

    /// <summary>The exception of a bug or a faulty request: rethrown to the caller of this operation alone.</summary>
    public Exception? Failure { get; set; }

    /// <summary>True if the account was found unreadable a moment ago, and was not read again: the log has the reason.</summary>
    public bool FailedBefore { get; set; }

    /// <summary>The account's state while a batch works on it; null if there is no such customer.</summary>
    internal AccountState? Account { get; set; }

    /// <summary>True if it creates the customer when missing.</summary>
    public virtual bool CreatesCustomer => false;

    /// <summary>True if this batch tried to create its customer. Without an account after that, the customer is erased.</summary>
    internal bool TriedToCreate { get; set; }

    /// <summary>True if it asks for permission: it is refused rather than exceeding the limit on new customers. Facts are not.</summary>
    public virtual bool MayBeRefused => false;

    /// <summary>True if it must read the database under locks, for facts that no account state contains.</summary>
    public virtual bool NeedsExact => false;

    /// <summary>The time since when its customer is busy; see <see cref="BusyAccounts"/>. Null: it is not.</summary>
    internal long? WaitsSince { get; set; }

    /// <summary>True if its answer is final, although it may not have been sent yet.</summary>
    internal bool IsClosed { get; set; }

    public ValueTask<GateAnswer> AnswerAsync() => new(this, _ended.Version);

    /// <summary>Uses a newer snapshot, because the customer's plan is newer than the catalogue that the request saw.</summary>
    internal void Renew(ProjectSnapshot project) => _project = project;

    /// <summary>Changes the account to the owner's, before any lane has seen the operation, for a customer that is a member.</summary>
    internal void WorkFor(string owner)
    {
        (Member, _customer) = (_customer, owner);
        _partition = CustomerPlace.PartitionOf(Project.Id, owner);
    }

    /// <summary>
    /// Returns the same operation for another account, whose answer becomes the answer of this one. This one stays with its lane, closed:
    /// the result of that batch does not affect it any more.
    /// </summary>
    internal LaneOp MoveTo(string customer, string? member)
    {
        IsClosed = true;
        var moved = (LaneOp)MemberwiseClone();
        (moved._ended, moved._origin, moved.Account, moved.Answer, moved.IsClosed) = (default, _origin ?? this, null, null, false);
        (moved._customer, moved.Member, moved.Moves) = (customer, member, Moves + 1);
        moved._partition = CustomerPlace.PartitionOf(Project.Id, customer);
        return moved;
    }

    /// <summary>Takes the result from the moved operation.</summary>
    protected virtual void Take(LaneOp moved) => (Answer, Failure, Member) = (moved.Answer, moved.Failure, moved.Member);

    /// <summary>Ends the operation. The code that awaits it runs on this thread.</summary>
    public void End()
    {
        Account = null;
        if (_origin is { } origin)
        {
            origin.Take(this);
            origin.End();
            return;
        }

        if (Ticket is { } ticket)
        {
            ticket.EndOne();
        }
        else
        {
            _ended.SetResult(true);
        }
    }

    GateAnswer IValueTaskSource<GateAnswer>.GetResult(short token)
    {
        _ended.GetResult(token);
        return Failure is { } failure ? throw failure : Answer!;
    }

    ValueTaskSourceStatus IValueTaskSource<GateAnswer>.GetStatus(short token) => _ended.GetStatus(token);

    void IValueTaskSource<GateAnswer>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ended.OnCompleted(continuation, state, token, flags);
}

/// <summary>A consume or a reported event: uses the effects and writes one event.</summary>
public sealed class UseOp : LaneOp
{
    /// <summary>False: the id was generated, so no earlier use exists.</summary>
    public required bool IdGiven { get; init; }

    public required EventKey Key { get; init; }

    /// <summary>The id as the caller wrote it, or the generated one.</summary>
    public required string Id { get; init; }

    public required string Type { get; init; }

    public required Quantity Quantity { get; init; }

    /// <summary>Empty: no meter reads this type; the event is recorded all the same.</summary>
    public required IReadOnlyList<Effect> Effects { get; init; }

    public required Instant OccurredAt { get; init; }

    public required bool OccurredAtGiven { get; init; }

    public required bool Enforce { get; init; }

    public required string? PropertiesJson { get; init; }

    /// <summary>The values that the server computed for the event: stored with it, but not part of its content.</summary>
    public required string? ComputedJson { get; init; }

    /// <summary>Null: the event is no signal of customer success.</summary>
    public Signal? Signal { get; init; }

    /// <summary>The request behind the use: stored with the event, but not part of its content.</summary>
    public string? OriginJson { get; init; }

    /// <summary>Properties that a project's encryption leaves readable. Null: none.</summary>
    public IReadOnlySet<string>? Readable { get; init; }

    /// <summary>True if it has texts that a project may want encrypted.</summary>
    public bool HasTexts => PropertiesJson is not null || OriginJson is not null;

    /// <summary>True if an effect counts unique values: only the database knows whether a value was seen before.</summary>
    public required bool HasUnique { get; init; }

    /// <summary>True if it reports a time-weighted level: only the database knows the reports before and after it.</summary>
    public required bool ReportsTimed { get; init; }

    /// <summary>
    /// Holds taken for this use: the same decision frees those that are still open, and then records the true amount as a settle does.
    /// </summary>
    public IReadOnlyList<Guid> Settles { get; init; } = [];

    /// <summary>
    /// True if it came in a batch or a stream: it waits apart from single operations, even after it has left its batch
    /// (<see cref="BusyAccounts"/>).
    /// </summary>
    internal bool InBulk { get; set; }

    public override bool CreatesCustomer => true;

    public override bool MayBeRefused => Enforce;

    public override bool NeedsExact => HasUnique || ReportsTimed;
}

/// <summary>Takes a hold.</summary>
public sealed class ReserveOp : LaneOp
{
    public required bool IdGiven { get; init; }

    public required Guid Id { get; init; }

    /// <summary>The caller's id if it is not a UUID.</summary>
    public required string? Reference { get; init; }

    public required IReadOnlyList<Effect> Effects { get; init; }

    public required TimeSpan TimeToLive { get; init; }

    public override bool CreatesCustomer => true;

    public override bool MayBeRefused => true;
}

public enum HoldVerb
{
    Settle,
    Extend,
    Release,

    /// <summary>Automatic: its time to live has ended.</summary>
    Expire,
}

/// <summary>Settles, extends, releases or expires a hold.</summary>
public sealed class HoldOp : LaneOp
{
    /// <summary>Means "the hold's only feature" in <see cref="Amounts"/>.</summary>
    public const int OnlyFeature = 0;

    public required HoldVerb Verb { get; init; }

    public required Guid Id { get; init; }

    /// <summary>For a settle: the true amounts; null settles what was reserved.</summary>
    public required IReadOnlyList<FeatureQuantity>? Amounts { get; init; }

    public required TimeSpan? TimeToLive { get; init; }

    /// <summary>
    /// Returns the amounts with which the hold settles: features left out settle as reserved, others are added. Null: an amount names no
    /// feature and the hold has several.
    /// </summary>
    public IReadOnlyList<FeatureQuantity>? AmountsOf(Hold hold)
    {
        if (Amounts is null)
        {
            return hold.Amounts;
        }

        var settled = hold.Amounts.ToList();
        foreach (var given in Amounts)
        {
            var key = given.FeatureKey;
            if (key == OnlyFeature && hold.Amounts.Count > 1)
            {
                return null;
            }

            var at = key == OnlyFeature ? 0 : settled.FindIndex(s => s.FeatureKey == key);
            if (at < 0)
            {
                settled.Add(given);
            }
            else
            {
                settled[at] = settled[at] with { Amount = given.Amount };
            }
        }

        return settled;
    }
}

/// <summary>Records the event that reverses another.</summary>
public sealed class VoidOp : LaneOp
{
    public required Guid EventId { get; init; }

    public override bool NeedsExact => true;

    /// <summary>
    /// Returns the index of the first void after another operation of its account; 0: there is none. A void of a maximum or a unique value
    /// is decided on the stored events of its account, so no other operation of the account may precede it in its batch.
    /// </summary>
    internal static int FirstAfterOthers(List<LaneOp> ops)
    {
        if (!ops.Exists(static op => op is VoidOp))
        {
            return 0;
        }

        var seen = new HashSet<(int, string)>();
        return Math.Max(0, ops.FindIndex(op => !seen.Add((op.Project.Id, op.Customer)) && op is VoidOp));
    }
}

/// <summary>Reads the account's state. With <see cref="Fresh"/> it does not use the cache.</summary>
public sealed class ReadOp : LaneOp
{
    public required bool Fresh { get; init; }

    /// <summary>Null: no such customer.</summary>
    public AccountState? Found { get; set; }

    protected override void Take(LaneOp moved)
    {
        base.Take(moved);
        Found = ((ReadOp)moved).Found;
    }
}

/// <summary>Drops the account's cached state, because other code changed the account.</summary>
public sealed class ForgetOp : LaneOp;

/// <summary>Some of the operations of one request, queued as one.</summary>
public sealed class BulkOp : LaneOp
{
    public required IReadOnlyList<LaneOp> Items { get; init; }

    /// <summary>Its cost for the lane, in small events; see <see cref="BulkParts"/>.</summary>
    public required int Weight { get; init; }
}
